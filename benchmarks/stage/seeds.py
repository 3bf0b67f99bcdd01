"""Invented seed files by the thousand: Chinese news of a coast that does not exist."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from pathlib import Path

SECTIONS = ("中国", "国际", "亚洲", "欧洲", "非洲", "美洲", "中东", "法国")
FIRST_AT = datetime(2023, 1, 1, 6, tzinfo=UTC)
PARAGRAPHS = 15  # of about 135 characters: 6 kB of text, as real articles have

_PARIS = ZoneInfo("Europe/Paris")
_WHO = (
    "渔民协会",
    "港务公司",
    "市议会",
    "气象台",
    "铁路工会",
    "灯塔守护人",
    "海岸警卫队",
    "图书馆馆长",
    "中学教师",
    "养蜂人",
)
_WHAT = ("宣布重开", "推迟了", "调查了", "重新粉刷", "连夜加固", "公开讨论", "出资修复", "撤销了", "庆祝了", "测量了")
_WHICH = (
    "北岸渡轮码头",
    "三号堤坝",
    "旧盐场",
    "冬季航线",
    "山谷里的水库",
    "第七座风车",
    "鲸鱼观测站",
    "沿海铁路支线",
    "老邮局",
    "海藻养殖场",
)
_WHY = (
    "因为去年的风暴毁坏了一半的围栏，而保险公司至今没有答复",
    "理由是潮汐表印错了两页，渡轮因此多次搁浅",
    "他们说，孩子们已经有三个冬天没有见过那里的灯光",
    "据当地报纸计算，费用约为四十二万欧元，分五年付清",
    "这一决定以七票对六票通过，两名议员没有到场",
    "专家提醒说，水温比往年同期高出一点八度",
)


def write_seed_files(
    folder: Path, count: int, *, apart: timedelta = timedelta(minutes=67), day_off_every: int = 0
) -> list[Path]:
    """Write so many seed files, each an article of its own; always the same ones for a count. Returns them in order.

    Args:
        folder: Made if it is not there.
        count: From 2023-01-01 on, round the sections of rfi-cn.
        apart: Between one article and the next.
        day_off_every: Every so many have the day before or after in their address; 0 for none.
    """
    folder.mkdir(parents=True, exist_ok=True)
    chance = random.Random(count)
    files = []
    for number in range(count):
        published_at = FIRST_AT + apart * number
        off = (-1, 1)[number // day_off_every % 2] if day_off_every and number % day_off_every == 0 else 0
        file = folder / f"{int(published_at.timestamp()) * 1000}_{number:06d}.md"
        file.write_text(_seed_file(number, published_at, published_at + timedelta(days=off), chance), encoding="utf-8")
        files.append(file)
    return files


def _seed_file(number: int, published_at: datetime, addressed_at: datetime, chance: random.Random) -> str:
    title = f"{chance.choice(_WHO)}{chance.choice(_WHAT)}{chance.choice(_WHICH)} 第{number}号"
    slug = quote(f"{addressed_at:%Y%m%d}-{title.replace(' ', '-')}")
    url = f"https://www.rfi.fr/cn/{quote(SECTIONS[number % len(SECTIONS)])}/{slug}"
    printed = f"{published_at.astimezone(_PARIS):%d/%m/%Y - %H:%M}"
    seen_at = published_at + timedelta(minutes=20)
    body = "".join(f"<p>{_paragraph(chance)}</p>" for _ in range(PARAGRAPHS))
    return (
        f"<!--{int(seen_at.timestamp()) * 1000}-->\n[{title}]({url})\n------\n\n"
        f"<div>\n<div>{printed}</div>"
        f'<img src="https://s.rfi.fr/media/display/{number:08x}-02c8-11ee-8d3e-005056bfb2b6/w:310/p:16x9/coast.jpg">'
        f'<p class="t-content__chapo">{title}：{_sentence(chance)}</p>'
        f'<div class="t-content__body u-clearfix">{body}</div>\n</div>\n'
    )


def _paragraph(chance: random.Random) -> str:
    return "".join(_sentence(chance) for _ in range(3))


def _sentence(chance: random.Random) -> str:
    day = chance.randrange(1, 29)
    return f"{chance.choice(_WHO)}{day}日{chance.choice(_WHAT)}{chance.choice(_WHICH)}，{chance.choice(_WHY)}。"
