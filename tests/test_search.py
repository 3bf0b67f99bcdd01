"""Full-text search: what is found, in which order, how it is shown, and that the index keeps step with the articles."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from storage.search import Order

if TYPE_CHECKING:
    from collections.abc import Callable

    from storage import Article, Store
    from storage.search_walk import Scope

    MakeArticle = Callable[..., Article]

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DAY = datetime(2023, 8, 1, 12, tzinfo=UTC)

TEXTS = {
    "harbour": ("港口恢复通航", "白宫表示，东京方面已经同意重开港口。"),
    "traditional": ("臺灣東部發生地震", "氣象署說，震央在外海，後續還有餘震。"),
    "treaty": ("条约在日内瓦签署", "G7峰会在8月1日闭幕，2023年底前还要再谈。"),
    "french": ("L’Élysée annonce un sommet", "Le porte-parole du gouvernement a salué l’œuvre du président Macron."),
    "vietnamese": ("Đà Nẵng mở lại cảng", "Người dân thành phố biển vui mừng."),
    "khmer": ("ព្រះរាជាណាចក្រកម្ពុជា", "ទីក្រុង\u200bភ្នំពេញ\u200bជា\u200bរាជធានី"),
    "persian": ("کتاب تازه", "او می‌گوید ۱۲ کتاب دارد."),
    "russian": ("Ёлка на площади", "В Москве зажгли огни."),
}


@pytest.fixture
def stored(store: Store, make_article: MakeArticle) -> Store:
    """Return a store with one small article of each kind, a day apart."""
    articles = [
        make_article(
            canonical_url=f"https://www.rfi.fr/cn/{name}",
            title=title,
            lead=None,
            paragraphs=(text,),
            published_at=DAY + timedelta(days=number),
        )
        for number, (name, (title, text)) in enumerate(TEXTS.items())
    ]
    store.save_batch(articles, now=NOW)
    return store


def names(store: Store, query: str, scope: Scope | None = None, order: Order = Order.RELEVANCE) -> list[str]:
    """Return which articles are found, by the last part of their URL."""
    return [
        hit.stored.article.canonical_url.rpartition("/")[2] for hit in store.search.find(query, scope, order=order).hits
    ]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("白宫 东京", ["harbour"]),
        ("白宫东京", []),
        ("宫", ["harbour"]),
        ("通航", ["harbour"]),
        ("恢复通航", ["harbour"]),
        ("台湾", ["traditional"]),
        ("臺灣", ["traditional"]),
        ("后续还有余震", ["traditional"]),
        ("後續還有餘震", ["traditional"]),
        ("條約", ["treaty"]),
        ("g7", ["treaty"]),
        ("Ｇ７峰会", ["treaty"]),
        ("G7 峰会", ["treaty"]),
        ("7峰会", []),
        ("8月", ["treaty"]),
        ("8月1日", ["treaty"]),
        ("8月2日", []),
        ("2023年", ["treaty"]),
        ("2023年底", ["treaty"]),
        ("elysee", ["french"]),
        ("ÉLYSÉE", ["french"]),
        ("oeuvre", ["french"]),
        ("porte-parole", ["french"]),
        ("porte parole", ["french"]),
        ('"parole porte"', []),
        ('"du président macron"', ["french"]),
        ("Macr*", ["french"]),
        ("Macr", []),
        ("acron", []),
        ("da nang", ["vietnamese"]),
        ("Đà Nẵng", ["vietnamese"]),
        ("nguoi dan", ["vietnamese"]),
        ("កម្ពុជា", ["khmer"]),
        ("ភ្នំពេញ", ["khmer"]),
        ("ទីក្រុងភ្នំពេញ", ["khmer"]),
        ("كتاب", ["persian"]),
        ("می گوید", ["persian"]),
        ("12", ["persian"]),
        ("елка", ["russian"]),
        ("ЁЛКА москв*", ["russian"]),
        ("港口 -白宫", []),
        ("港口 -地震", ["harbour"]),
        ("港口 -8月", ["harbour"]),
        ("“白宫表示”", ["harbour"]),
        ("「气象署」", ["traditional"]),
    ],
)
def test_what_is_found(stored: Store, query: str, expected: list[str]) -> None:
    """A query finds the articles that hold it, in any spelling, and no others."""
    assert names(stored, query) == expected


@pytest.mark.parametrize(
    "query",
    [
        "",
        " ",
        '"',
        '""',
        "-",
        "*",
        "- *",
        "-白宫",
        "。，！",
        "\x00",
        "\udcff",
        "😀",
        "zzz",
        "AND",
        "OR NOT",
        "NEAR(a b)",
        "title:",
        "a" * 10_000,
        "白" * 10_000,
        "甲 " * 10_000,
        "%",
        "'; DROP TABLE articles; --",
        "(((",
        "{x y}:",
        "^",
        "\\",
        "a & !b | <->",
        "ទ្",
        "\u17d2",
    ],
)
def test_there_is_no_wrong_query(stored: Store, query: str) -> None:
    """Nonsense finds nothing, and is no error."""
    assert names(stored, query) == []


@pytest.mark.parametrize("query", ['"白宫', "白宫*", "白宫'", "(白宫)", "白宫 AND", "^白宫", "+白宫", "白宫:东京 "])
def test_signs_that_mean_nothing_here_are_passed_over(stored: Store, query: str) -> None:
    """A query is read by its words."""
    assert names(stored, query) == ([] if "AND" in query or ":" in query else ["harbour"])
