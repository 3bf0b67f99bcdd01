"""Articles by the batch for the store: 6 kB of text and 8 kB of HTML each, and what a crawl says of them."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import chain
from random import Random
from typing import TYPE_CHECKING

from benchmarks.stage.texts import Texts
from storage import Article, Claim, FrontierState, Image, KeptPage, LeasedUrl, Settlement

if TYPE_CHECKING:
    from collections.abc import Sequence

TEXT_BYTES = 6000
HTML_BYTES = 8000
FIRST_AT = datetime(1996, 1, 1, tzinfo=UTC)

# Sentences from which articles are made, and how many different ones an article has: its other clauses repeat them, so
# that of its 2,000 pairs of characters some 800 differ, as in articles of that length in the corpus.
_SENTENCES = 20_000
_OF_ONE_ARTICLE = 22
_PARAGRAPHS = 9


class Newsroom:
    """Makes articles by their number; the same number gives the same article."""

    def __init__(self) -> None:
        texts = Texts(1)
        self.learnt_from = texts.learnt_from
        found = (re.findall("[^。\n]+。", made.printed) for made in texts.articles(_SENTENCES // 10))
        # blanks folded: of a hundred thousand articles some began with so many that their titles were empty
        self._sentences = [" ".join(sentence.split()) for sentence in chain.from_iterable(found)]

    def article(self, number: int) -> Article:
        """Make an article that is found an hour after it was published."""
        chance = Random(number)
        text = self._text(chance)
        published_at = FIRST_AT + timedelta(minutes=15 * number)
        title, lead, body = text[:22], text[:80], text[80:]
        size = len(body) // _PARAGRAPHS + 1
        paragraphs = tuple(body[start : start + size] for start in range(0, len(body), size))
        day = f"{published_at:%Y%m%d}"
        claimed = [("title", title, origin) for origin in ("h1", "json-ld", "meta")]
        claimed += [("published_at", published_at.isoformat(), origin) for origin in ("json-ld", "meta", "time")]
        return Article(
            source="rfi-cn",
            canonical_url=f"https://www.rfi.fr/cn/%E5%9B%BD%E9%99%85/{day}-%E7%81%AF%E5%A1%94-{number}",
            title=title,
            published_at=published_at,
            lead=lead,
            paragraphs=paragraphs,
            html=_html(lead, paragraphs, number),
            fetched_at=published_at + timedelta(hours=1),
            authors=("法广",),
            section="国际",
            tags=("灯塔", "海岸"),
            language="zh-Hans",
            images=(Image(url=f"https://s.rfi.fr/media/display/{number:x}/a.jpg", caption=title),),
            content_id=f"WBMZ{number}-RFI-CN-{day}",
            claims=tuple(Claim(field=field, value=value, origin=origin) for field, value, origin in claimed),
        )

    def batch(self, first: int, count: int) -> list[Article]:
        """Make articles of consecutive numbers."""
        return [self.article(number) for number in range(first, first + count)]

    @staticmethod
    def number_of(url: str) -> int:
        """Return the number of the article that has this URL."""
        return int(url.rpartition("-")[2])

    def _text(self, chance: Random) -> str:
        sentences = chance.sample(self._sentences, _OF_ONE_ARTICLE)
        parts = sentences + chance.choices(re.findall(r"[^，。]+[，。]", "".join(sentences)), k=200)
        return "".join(parts).encode()[: TEXT_BYTES - _PARAGRAPHS].decode(errors="ignore")


def _html(lead: str, paragraphs: Sequence[str], number: int) -> str:
    html = f"<p><strong>{lead}</strong></p>" + "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    image = f'<figure><img src="https://s.rfi.fr/media/display/{number:x}/a.jpg" alt=""></figure>'
    link = f'<p><a href="https://www.rfi.fr/cn/{number}">继续浏览</a></p>'
    html += image
    return html + link * ((HTML_BYTES - len(html.encode())) // len(link.encode()))


def settlements(articles: Sequence[Article], *, run_id: int, hours_later: int = 0) -> list[Settlement]:
    """Return what a crawl that fetched these articles settles.

    Args:
        articles: Their URLs wait in the frontier.
        run_id: The run that holds them.
        hours_later: When they were fetched, after the first time.
    """
    settled = []
    for article in articles:
        assert article.fetched_at is not None
        seen_at = article.fetched_at + timedelta(hours=hours_later)
        page = KeptPage(
            etag=f'"{article.content_id}"', last_modified=None, content=b"0" * 16, unaudited_polls=0, links=None
        )
        kept = page if hours_later else None  # a lease brings what the URL answered last time
        lease = LeasedUrl(url=article.canonical_url, is_listing=False, page=1, attempts=0, kept=kept, run_id=run_id)
        settled.append(
            Settlement(
                lease=lease,
                state=FrontierState.DONE,
                due_at=seen_at + timedelta(days=1),
                article=replace(article, fetched_at=seen_at),
                page=page,
                settled_at=seen_at,
            )
        )
    return settled
