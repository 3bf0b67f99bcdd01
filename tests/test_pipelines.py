"""What the pipelines take out of the road, one by one; all of them together are walked in test_road.py."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from crawler import pipelines
from crawler.items import Fetched
from crawler.pipelines import DeduplicatePipeline
from storage import Article, FrontierState, LeasedUrl

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = datetime(2024, 3, 21, 12, tzinfo=UTC)


def fetched(article: Article, url: str) -> Fetched:
    """Return what the fetch of a URL brought."""
    lease = LeasedUrl(url=url, is_listing=False, page=1, attempts=0, kept=None)
    return Fetched(lease=lease, fetched_at=NOW, state=FrontierState.DONE, said=article)


@pytest.fixture
def article(make_article: Callable[..., Article]) -> Article:
    """Return an article."""
    return make_article()


@pytest.fixture
def passes() -> Callable[[Article, str], bool]:
    """Return whether an article passes that is met under a URL, one run long."""
    pipeline = DeduplicatePipeline()

    def meet(article: Article, url: str) -> bool:
        item = pipeline.process_item(fetched(article, url))
        assert (item.said, item.reason) in ((article, None), (None, "repeated"))
        return item.said is not None

    return meet


def test_an_article_that_was_met_under_another_url_is_taken_out(
    passes: Callable[[Article, str], bool], article: Article
) -> None:
    """Once is enough; the same URL again is a second look, which the store shall see."""
    assert passes(article, "https://www.rfi.fr/cn/a")
    assert not passes(article, "https://www.rfi.fr/cn/b")
    assert passes(article, "https://www.rfi.fr/cn/a")


def test_what_differs_passes(passes: Callable[[Article, str], bool], article: Article) -> None:
    """Other words, another stated time or a new alias are news; a part may not be taken for its neighbour."""
    other = replace(article, aliases=("https://www.rfi.fr/cn/x",), title="甲", paragraphs=("乙\n丙",), modified_at=None)
    different = [
        article,
        replace(article, title="另一个标题"),
        replace(article, paragraphs=("别的话。",)),
        replace(article, modified_at=article.published_at + timedelta(hours=1)),
        replace(article, aliases=(*article.aliases, "https://www.rfi.fr/cn/x")),
        other,
        replace(other, aliases=(), title="https://www.rfi.fr/cn/x", paragraphs=("甲\n乙\n丙",)),
        replace(other, title="甲\n乙", paragraphs=("丙",)),
    ]
    assert [passes(one, f"https://www.rfi.fr/cn/{number}") for number, one in enumerate(different)] == [True] * 8


def test_the_oldest_is_forgotten(article: Article, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory has an end: what came long ago passes again, and the store recognises it."""
    monkeypatch.setattr(pipelines, "REMEMBERED_REVISIONS", 2)
    pipeline = DeduplicatePipeline()
    three = [replace(article, title=title) for title in "甲乙丙"]
    for one in three:
        pipeline.process_item(fetched(one, "https://www.rfi.fr/cn/a"))
    again = [pipeline.process_item(fetched(one, "https://www.rfi.fr/cn/b")).reason for one in reversed(three)]
    assert again == ["repeated", "repeated", None]
