"""The judge."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from crawler.errors import ArticleRejected
from crawler.items import ScrapedArticle
from crawler.normalize import normalize
from crawler.sources import source_named
from storage.records import Claim

RFI_CN = source_named("rfi-cn")
PARIS = ZoneInfo("Europe/Paris")
URL = "https://www.rfi.fr/cn/%E4%BA%9A%E6%B4%B2/20230801-a"
SCRAPED = ScrapedArticle(
    url=URL,
    source="rfi-cn",
    title="港口 重开",
    lead="导语。",
    paragraphs=("第一段。", "第二段。"),
    published_at=datetime(2023, 8, 1, 14, 0, tzinfo=PARIS),
    fetched_at=datetime(2023, 8, 1, 13, 0, tzinfo=UTC),
)


def changed(**changes: object) -> ScrapedArticle:
    """Return the sample with some fields changed."""
    return dataclasses.replace(SCRAPED, **changes)


def test_a_printed_paris_time_becomes_utc() -> None:
    """01/08/2023 - 14:00 in Paris is noon in UTC."""
    assert normalize(SCRAPED, RFI_CN).published_at == datetime(2023, 8, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"title": " \u200b"}, "no title"),
        ({"lead": None, "paragraphs": (" ", "\u3000")}, "no text"),
        ({"published_at": None}, "no published time"),
        ({"published_at": datetime(1970, 1, 1, tzinfo=UTC)}, "impossible date"),
        ({"published_at": datetime(2031, 1, 1, tzinfo=UTC)}, "impossible date"),
        ({"url": "https://"}, "no URL"),
    ],
)
def test_what_is_missing_or_impossible_is_refused_under_its_reason(changes: dict[str, object], reason: str) -> None:
    """A refusal names one short reason that runs count."""
    with pytest.raises(ArticleRejected) as refusal:
        normalize(changed(**changes), RFI_CN)
    assert refusal.value.reason == reason


def test_an_edit_stated_before_publication_is_no_edit() -> None:
    """On a third of the real pages dateModified is some seconds early."""
    early = SCRAPED.published_at - timedelta(seconds=1) if SCRAPED.published_at else None
    assert normalize(changed(modified_at=early), RFI_CN).modified_at is None


def test_an_edit_stated_after_publication_is_kept_in_utc() -> None:
    """A later dateModified is an update."""
    edited = normalize(changed(modified_at=datetime(2023, 8, 1, 14, 30, tzinfo=PARIS)), RFI_CN)
    assert edited.modified_at == datetime(2023, 8, 1, 12, 30, tzinfo=UTC)


def test_blanks_are_folded_and_broken_characters_are_gone() -> None:
    """Text is kept as a reader sees it; zero-width spaces, which part the words of Khmer, stay inside."""
    printed = changed(title="港口\u3000 重开\x00\u200b", paragraphs=("第\u200b一\n段。", "", " "))
    folded = normalize(printed, RFI_CN)
    assert (folded.title, folded.paragraphs) == ("港口 重开", ("第\u200b一 段。",))


def test_the_page_own_canonical_url_wins_and_the_fetched_one_becomes_an_alias() -> None:
    """An article met under a redirect or a second address is filed under the address it states."""
    met = changed(url=URL + "?from=app", canonical_url=URL)
    assert (normalize(met, RFI_CN).canonical_url, normalize(met, RFI_CN).aliases) == (URL, (URL + "?from=app",))


@pytest.mark.parametrize(
    "stated",
    ["https://www.rfi.fr/cn/", "https://example.org/20230801-a", "https://www.rfi.fr/fr/asie/20230801-a", "::"],
)
def test_a_canonical_url_that_is_no_article_of_the_source_is_passed_over(stated: str) -> None:
    """A template that names the front page or another site as canonical does not merge articles."""
    assert normalize(changed(canonical_url=stated), RFI_CN).canonical_url == URL


def test_claims_are_kept_once_each() -> None:
    """What a page says twice in one place is one claim."""
    claim = Claim(field="published_at", value="2023-08-01T12:00:00+00:00", origin="meta")
    assert normalize(changed(claims=(claim, claim)), RFI_CN).claims == (claim,)
