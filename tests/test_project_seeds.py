"""The project's own seed files are what seeds/README.md says they are."""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

import pytest

from crawler.archives.seeds import read_seeds, render_seed, write_seed
from crawler.items import SeedFile

SEEDS = Path(__file__).resolve().parent.parent / "seeds"
PARIS = ZoneInfo("Europe/Paris")
PRINTED = re.compile(r"<div>(\d\d/\d\d/\d{4} - \d\d:\d\d)</div>")


def project_seeds() -> list[SeedFile]:
    """Read the folder; a broken file fails the tests that use it."""
    answers = list(read_seeds([SEEDS]))
    assert [answer for answer in answers if not isinstance(answer, SeedFile)] == []
    return [answer for answer in answers if isinstance(answer, SeedFile)]


def printed_at(seed: SeedFile) -> datetime:
    """Return the printed time, which is Paris time."""
    found = PRINTED.search(seed.fragment)
    assert found is not None, seed.name
    return datetime.strptime(found[1], "%d/%m/%Y - %H:%M").replace(tzinfo=PARIS)


def variant(seed: SeedFile) -> str:
    """Tell the archive's variant (A to G) from the shape of the bytes and the year."""
    if seed.front_matter:
        return "A"
    if '<div class="t-content__body u-clearfix' in seed.fragment:
        return "C" if 'u-clearfix" >' in seed.fragment else "B"
    if "<div ><p>" in seed.fragment:
        return "D"
    if printed_at(seed).year == 2024:
        return "G"
    return "F" if re.search("分享 :|作者：|获取更多RSS", seed.fragment) else "E"


def section(seed: SeedFile) -> str:
    """Return the section in the URL's path; empty for wire stories without one."""
    folders = [part for part in unquote(urlsplit(seed.url).path).split("/") if part][1:-1]
    return folders[0] if folders else ""


def test_there_are_enough_and_all_can_be_read() -> None:
    """At least 65 files, the first document of the project among them."""
    seeds = project_seeds()
    assert len(seeds) >= 65
    assert "000_0acb96c3eeef2d29.txt" in {seed.name for seed in seeds}


def test_every_file_is_written_back_byte_for_byte() -> None:
    """Reading and writing loses nothing, and nothing but the fields is needed for it."""
    seeds = project_seeds()
    assert [seed.name for seed in seeds if not write_seed(seed) == render_seed(seed) == seed.raw] == []


def test_every_variant_is_there() -> None:
    """The archive's seven shapes, each several times."""
    counts = Counter(variant(seed) for seed in project_seeds())
    assert sorted(counts) == list("ABCDEFG")
    assert min(counts.values()) >= 5


def test_many_sections_and_days_are_there() -> None:
    """At least ten sections beside stories without one, and forty days from 2020-07 to 2024-02."""
    seeds = project_seeds()
    days = sorted({printed_at(seed).date() for seed in seeds})
    assert {"", "contenu", "中国", "政治", "国际", "法国", "港澳台", "亚洲", "欧洲", "美洲", "生态"} <= {
        section(seed) for seed in seeds
    }
    assert {"社会", "经贸", "科技与文化", "专栏检索"} <= {section(seed) for seed in seeds}
    assert len(days) >= 40
    assert (f"{days[0]:%Y-%m}", f"{days[-1]:%Y-%m}") == ("2020-07", "2024-02")


def test_articles_are_observed_after_they_are_printed() -> None:
    """The epoch is minutes to a day after the printed time, read as Paris time, summer and winter."""
    lags = [seed.observed_at - printed_at(seed) for seed in project_seeds()]
    offsets = {printed_at(seed).utcoffset() for seed in project_seeds()}
    assert [lag for lag in lags if not timedelta(minutes=2) <= lag <= timedelta(hours=26)] == []
    assert offsets == {timedelta(hours=1), timedelta(hours=2)}


def test_front_matter_says_what_the_header_says() -> None:
    """In variant A the date is the epoch, and title and address are those of the header."""
    for seed in project_seeds():
        if seed.front_matter:
            assert datetime.fromisoformat(seed.front_matter["date"]) == seed.observed_at
            assert seed.front_matter["title"] == seed.title.rstrip()
            assert unquote(seed.front_matter["from"]) == unquote(seed.url)


def test_one_article_is_there_in_two_states() -> None:
    """The same URL and printed time, observed twice, with a changed paragraph."""
    by_url: dict[str, list[SeedFile]] = {}
    for seed in project_seeds():
        by_url.setdefault(seed.url, []).append(seed)
    [(first, second)] = [states for states in by_url.values() if len(states) > 1]
    assert (first.title, printed_at(first)) == (second.title, printed_at(second))
    assert first.observed_at < second.observed_at
    assert first.fragment != second.fragment


def test_one_story_is_there_under_two_sections() -> None:
    """The same slug and text under two paths, one title with the programme behind it."""
    by_slug: dict[str, dict[str, SeedFile]] = {}
    for seed in project_seeds():
        by_slug.setdefault(seed.url.rpartition("/")[2], {})[seed.url] = seed
    [twins] = [list(seeds.values()) for seeds in by_slug.values() if len(seeds) > 1]
    first, second = twins
    assert second.title == f"{first.title} - 要闻解说"
    assert (section(first), section(second)) == ("中国", "专栏检索")
    assert re.sub(r"\s", "", first.fragment) == re.sub(r"\s", "", second.fragment)


def test_repeated_titles_are_different_stories() -> None:
    """Market reports of different days share a title, not a text; repeats without date count up in the URL."""
    reports = [seed for seed in project_seeds() if seed.title.startswith(("香港股市收高", "国际油价小涨"))]
    assert Counter(seed.title.partition(" ")[0] for seed in reports) == {"香港股市收高": 2, "国际油价小涨": 3}
    assert len({seed.fragment for seed in reports}) == 5
    oil = [unquote(seed.url).rpartition("/")[2] for seed in reports if "油价" in seed.title]
    assert oil == ["国际油价小涨", "国际油价小涨-1", "国际油价小涨-2"]


def test_some_urls_are_dated_a_day_before_the_printed_time() -> None:
    """The date in the URL is no publication date."""
    dated = [(re.search(r"/(\d{8})-", seed.url), seed) for seed in project_seeds()]
    days_off = Counter(
        (printed_at(seed).date() - datetime.strptime(found[1], "%Y%m%d").replace(tzinfo=PARIS).date()).days
        for found, seed in dated
        if found
    )
    assert set(days_off) == {0, 1}
    assert days_off[1] == 3


def test_some_articles_are_of_another_day_in_utc() -> None:
    """Printed just after midnight in Paris: in UTC it is still the day before."""
    other_day = [
        printed_at(seed)
        for seed in project_seeds()
        if printed_at(seed).date() != printed_at(seed).astimezone(ZoneInfo("UTC")).date()
    ]
    assert {moment.utcoffset() for moment in other_day} == {timedelta(hours=1), timedelta(hours=2)}


@pytest.mark.parametrize(
    "trap",
    [
        r'<p class="t-copyright">© 2020 AFP</p>',
        r"RFI_FB\.png",
        r"</div>Array<div",
        r"<divclass=",
        r"<sourcetype=",
        r"继续浏览后续",
        r"广告",
        r'<div class="m-em-image">.*<noscript>',
        r"<youtube-playervideo-type=",
        r'<div id="em-[^"]*" class="m-em-flash"><iframe',
        r'<script data-media-id="[^"]*" type="application/json">',
        r"<h2>",
        r"<ul>  <li>",
        r"<ol>  <li>",
        r"分享 :</div><div><a href=\"https://www\.facebook\.com.*whatsapp://send.*https://twitter\.com/intent",
        r"https://x\.com/intent.*rfi\.my%2F[^.]*\.X",
        r"作者：</span><a href=\"/cn/%E4%BD%9C%E8%80%85/",
        r"<br><hr><div>获取更多RSS",
        r"<video-playermedia-id=",
        r'<p style="text-align:left">',
        "<p>\u00a0</p>",
        r"<p><strong></strong></p>",
        r"<p>(<span>){6,}",
        r"o-self-promo--hidden",
        r"<div data-selfpromo-newsletter></div>",
    ],
)
def test_every_trap_of_the_archive_is_there(trap: str) -> None:
    """What makes real files hard to read stands in at least one invented one."""
    assert any(re.search(trap, seed.fragment) for seed in project_seeds() if seed.name.endswith(".md"))


def test_the_texts_are_different_texts() -> None:
    """Beside the story told twice and the edited article, no two files share a paragraph of forty characters."""
    paragraphs = Counter(
        paragraph for seed in project_seeds() for paragraph in set(re.findall(r"<p>([^<]{40,})</p>", seed.fragment))
    )
    shared_by = Counter(paragraphs.values())
    assert set(shared_by) == {1, 2}
    assert shared_by[2] <= 8


def test_the_readme_names_files_that_are_there() -> None:
    """Every file named in seeds/README.md exists."""
    named = set(re.findall(r"\b\d{6,13}_[0-9a-f]{8}\b", (SEEDS / "README.md").read_text(encoding="utf-8")))
    assert named <= {seed.name.removesuffix(".md") for seed in project_seeds()}
    assert named
