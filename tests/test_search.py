"""Full-text search: what is found, in which order, how it is shown, and that the index keeps step with the articles."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from sqlalchemy import update

from storage import Article, Store, save_articles
from storage.query import Printed, parse_query
from storage.search import Order
from storage.search_index import clear, find
from storage.search_sweep import Place, Scope
from storage.tables import ArticleRow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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


def small(name: str, **said: Any) -> Article:
    """Make a small article."""
    facts: dict[str, Any] = {
        "source": "rfi-cn",
        "canonical_url": f"https://www.rfi.fr/cn/{name}",
        "title": "灯塔",
        "published_at": DAY,
        "fetched_at": NOW,
        "language": "zh-Hans",
    }
    return Article(**facts | said)


def save_kinds(store: Store) -> None:
    """Store one article of each kind, a day apart."""
    articles = [
        small(name, title=title, paragraphs=(text,), published_at=DAY + timedelta(days=number))
        for number, (name, (title, text)) in enumerate(TEXTS.items())
    ]
    store.save_batch(articles, now=NOW)


COUNT = 700


def save_many(store: Store) -> None:
    """Store articles that all hold one word, published in another order than they are stored, ten at one instant."""
    articles = [
        small(
            str(number),
            title="灯塔七" if number % 7 == 0 else "灯塔",
            paragraphs=(f"渔民说{'，三号码头' if number % 2 == 0 else ''}。{'很早' if number < 5 else ''}",),
            published_at=DAY + timedelta(hours=6 * (number * 303 % COUNT // 10 * 10)),
        )
        for number in range(COUNT)
    ]
    store.save_batch(articles, now=NOW)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def lasting_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], str]:
    """Return a function that makes an empty database for the length of this file, and returns its URL."""

    def make() -> str:
        if request.param == "sqlite":
            return f"sqlite:///{tmp_path_factory.mktemp('lasting')}/news.db"
        server: str = request.getfixturevalue("postgresql_server")
        name = f"test_{uuid.uuid4().hex}"
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} STRATEGY file_copy")
        return server.replace("/postgres?", f"/{name}?")

    return make


@pytest.fixture(scope="module")
def stored(lasting_url: Callable[[], str]) -> Iterator[Store]:
    """Return a store with one article of each kind; to be read only."""
    with Store.open(lasting_url()) as opened:
        save_kinds(opened)
        yield opened


@pytest.fixture(scope="module")
def many(lasting_url: Callable[[], str]) -> Iterator[Store]:
    """Return a store with many articles; to be read only."""
    with Store.open(lasting_url()) as opened:
        save_many(opened)
        yield opened


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
        ("ទី", ["khmer"]),
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


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        (Scope(source="rfi-cn"), ["traditional", "harbour"]),
        (Scope(source="rfi-fr"), ["french"]),
        (Scope(source="rfi"), []),
        (Scope(section="中国"), ["traditional", "harbour"]),
        (Scope(section="AFRIQUE - é"), ["french"]),
        (Scope(section="afrique - é"), []),
        (Scope(language="zh"), ["traditional", "harbour"]),
        (Scope(language="ZH-hant"), ["traditional"]),
        (Scope(language="z"), []),
        (Scope(since=DAY + timedelta(days=1)), ["french", "traditional"]),
        (Scope(since=DAY + timedelta(days=1, seconds=1)), ["french"]),
        (Scope(until=DAY + timedelta(days=1)), ["harbour"]),
        (Scope(since=DAY + timedelta(days=5)), []),
        (Scope(since=DAY, until=DAY), []),
        (Scope(source="rfi-cn", language="zh-Hant", since=DAY), ["traditional"]),
    ],
)
def test_scopes(store: Store, make_article: MakeArticle, scope: Scope, expected: list[str]) -> None:
    """Source, section, language and time of publication limit what is looked through."""
    said = {
        "harbour": {},
        "traditional": {"language": "zh-Hant"},
        "french": {"source": "rfi-fr", "language": "fr", "section": "AFRIQUE - é"},
    }
    articles = [
        make_article(canonical_url=f"https://www.rfi.fr/cn/{name}", published_at=DAY + timedelta(days=number), **facts)
        for number, (name, facts) in enumerate(said.items())
    ]
    store.save_batch(articles, now=NOW)
    assert names(store, "灯塔", scope, Order.NEWEST) == expected
    assert sorted(names(store, "灯塔", scope)) == sorted(expected)
    assert names(store, "灯塔", scope, Order.OLDEST) == expected[::-1]


def test_titles_count_more_than_leads_and_leads_more_than_texts(store: Store, make_article: MakeArticle) -> None:
    """Relevance looks at where a word stands; the time only decides between equals."""
    said = {
        "text": {"paragraphs": ("海边的市场。",)},
        "lead": {"lead": "市场。"},
        "title": {"title": "市场重新开张"},
        "title again": {"title": "市场重新开张"},
    }
    for number, (name, facts) in enumerate(said.items()):
        published_at = DAY - timedelta(days=number)
        store.save(
            make_article(
                canonical_url=f"https://www.rfi.fr/cn/{number}{name[-5:]}", published_at=published_at, **facts
            ),
            now=NOW,
        )
    hits = store.search.find("市场").hits
    assert [hit.stored.article.canonical_url[-1] for hit in hits] == ["e", "n", "d", "t"]
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_an_edited_article_is_found_by_what_it_says_now(store: Store, make_article: MakeArticle) -> None:
    """What an edit took out is not found any more, what it put in is, and the article stands once."""
    store.save(make_article(), now=NOW)
    store.save(make_article(title="渡轮恢复通航", modified_at=DAY + timedelta(hours=1)), now=NOW)
    assert (names(store, "灯塔重新点亮"), names(store, "渡轮"), names(store, "渔民")) == (
        [],
        ["20230801-dengta"],
        ["20230801-dengta"],
    )


def test_an_older_revision_that_comes_late_changes_nothing(store: Store, make_article: MakeArticle) -> None:
    """Search looks at the current revision, in whatever order revisions came."""
    store.save(make_article(modified_at=DAY + timedelta(hours=2)), now=NOW)
    store.save(make_article(title="渡轮恢复通航", modified_at=DAY + timedelta(hours=1)), now=NOW)
    assert (names(store, "渡轮"), len(names(store, "灯塔"))) == ([], 1)


def test_an_article_that_comes_twice_in_a_batch_is_indexed_once(store: Store, make_article: MakeArticle) -> None:
    """New and edited in one batch, it is found by its last state."""
    edited = make_article(title="渡轮恢复通航", modified_at=DAY + timedelta(hours=1))
    store.save_batch([make_article(), edited], now=NOW)
    assert (names(store, "点亮渡轮"), len(names(store, "渡轮恢复")), len(names(store, "渔民"))) == ([], 1, 1)


def test_an_article_under_two_urls_is_found_once(store: Store, make_article: MakeArticle) -> None:
    """An alias is another address, and no article."""
    store.save(make_article(), now=NOW)
    store.save(make_article(canonical_url="https://www.rfi.fr/cn/国际/20230801-dengta"), now=NOW)
    assert (store.count_articles(), len(names(store, "灯塔"))) == (1, 1)


def test_a_withdrawn_article_is_found_and_marked(store: Store, make_article: MakeArticle) -> None:
    """What the source stopped showing is still what it once said."""
    store.save(make_article(), now=NOW)
    with store.writing() as connection:
        connection.execute(update(ArticleRow).values(gone_at=NOW))
    assert [hit.gone_at for hit in store.search.find("灯塔").hits] == [NOW]


def test_a_pruned_article_is_found_by_title_and_lead(store: Store, make_article: MakeArticle) -> None:
    """Retention takes the text out of the index, too; the snippet is the lead."""
    store.save(make_article(), now=NOW)
    store.retention.prune(before=NOW)
    hits = store.search.find("海边的灯塔").hits
    assert [hit.snippet.text for hit in hits] == ["海边的灯塔在停用三年后重新点亮。"]
    assert names(store, "渔民") == []


def test_what_is_rolled_back_is_not_found(store: Store, make_article: MakeArticle) -> None:
    """The entry is written in the transaction of the article, and goes with it."""

    def save_and_fail() -> None:
        with store.writing() as connection:
            save_articles(connection, [make_article()], now=NOW)
            raise RuntimeError("the power went")

    with pytest.raises(RuntimeError):
        save_and_fail()
    assert (names(store, "灯塔"), store.count_articles()) == ([], 0)
    store.save(make_article(), now=NOW)
    assert len(names(store, "灯塔")) == 1


@pytest.mark.long
@pytest.mark.parametrize("order", [Order.NEWEST, Order.OLDEST])
@pytest.mark.parametrize(
    ("query", "expected"), [("渔民", 700), ("三号码头", 350), ("灯塔 很早", 5), ("渔民 -三号", 350), ("民", 700)]
)
def test_paging_by_time_meets_every_article_once(many: Store, order: Order, query: str, expected: int) -> None:
    """Page after page, in order of publication, until there is no more."""
    places, after = [], None
    while True:
        found = many.search.find(query, order=order, limit=170, after=after)
        places += [hit.place for hit in found.hits]
        if (after := found.more_after) is None:
            break
    assert len(set(places)) == len(places) == expected
    assert places == sorted(places, reverse=order is Order.NEWEST)


def test_paging_stays_inside_its_scope(many: Store) -> None:
    """A window of time is kept on every page."""
    scope = Scope(since=DAY + timedelta(days=50), until=DAY + timedelta(days=150))
    first = many.search.find("渔民", scope, order=Order.NEWEST, limit=300)
    rest = many.search.find("渔民", scope, order=Order.NEWEST, limit=300, after=first.more_after)
    assert (len(first.hits), len(rest.hits), rest.more_after) == (300, 100, None)
    assert scope.since is not None
    assert rest.hits[-1].stored.article.published_at >= scope.since


@pytest.mark.parametrize(("order", "year"), [(Order.NEWEST, 9999), (Order.OLDEST, 1)])
def test_a_place_far_outside_of_all_articles_is_one_to_begin_at(many: Store, order: Order, year: int) -> None:
    """Who goes on after a place at the end of time meets everything."""
    end = datetime(year, 12, 31, 23, tzinfo=UTC) if year > 1 else datetime(year, 1, 1, tzinfo=UTC)
    found = many.search.find("渔民", order=order, limit=5, after=Place(end, 1))
    assert found.hits == many.search.find("渔民", order=order, limit=5).hits
    assert len(found.hits) == 5


def test_the_best_of_many_have_the_word_in_the_title(many: Store) -> None:
    """Where most articles match, those with the words in the title are ranked first, the newest of them before."""
    hits = many.search.find("七 渔民").hits
    assert len(hits) == 20
    assert {hit.stored.article.title for hit in hits} == {"灯塔七"}
    assert [hit.place for hit in hits] == sorted((hit.place for hit in hits), reverse=True)


def test_relevance_has_no_next_page(store: Store) -> None:
    """Going on after a place makes sense in order of time alone."""
    with pytest.raises(ValueError, match="in order of time"):
        store.search.find("灯塔", after=Place(DAY, 1))


def unindex(store: Store) -> None:
    """Bring a store to where an upgrade from a version without search leaves it."""
    with store.writing() as connection:
        clear(connection)
        connection.exec_driver_sql("DELETE FROM search_state")


def test_articles_from_before_there_was_search_are_missed_and_counted(store: Store) -> None:
    """Until a rebuild, what is saved is found, and the rest is said to be missing."""
    save_kinds(store)
    unindex(store)
    assert store.search.find("白宫").unindexed == len(TEXTS)
    store.save(small("late"), now=NOW)
    found = store.search.find("灯塔")
    assert (len(found.hits), found.unindexed) == (1, len(TEXTS))


@pytest.mark.long
def test_a_rebuild_finds_everything_again(store: Store) -> None:
    """It reports how far it is; after it the answers are those of before, and another one begins anew."""
    save_many(store)
    before = [names(store, query) for query in ("七", "三号码头", "很早")]
    unindex(store)
    seen: list[tuple[int, int]] = []
    assert store.search.rebuild(on_progress=lambda *counts: seen.append(counts)) == COUNT
    assert seen == [(500, COUNT), (COUNT, COUNT)]
    assert [names(store, query) for query in ("七", "三号码头", "很早")] == before
    assert (store.search.find("七").unindexed, store.search.rebuild()) == (0, COUNT)
    assert len(store.search.find("渔民", order=Order.NEWEST, limit=2000).hits) == COUNT


def test_a_rebuild_that_is_cut_off_goes_on_and_what_is_saved_meanwhile_is_found(store: Store) -> None:
    """Articles are edited on both sides of where it stands, new ones come, and in the end each is found as it is."""
    save_many(store)
    unindex(store)

    def cut_off(*_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.search.rebuild(on_progress=cut_off)
    assert store.search.find("渔民").unindexed == 200
    for name in ("3", "690", "fresh"):
        store.save(small(name, title="渡轮", paragraphs=("海边。",), modified_at=NOW), now=NOW)
    assert sorted(names(store, "渡轮")) == ["690", "fresh"]
    assert store.search.rebuild() == 200
    assert sorted(names(store, "渡轮")) == ["3", "690", "fresh"]
    assert sorted(names(store, "很早")) == ["0", "1", "2", "4"]
    assert store.search.rebuild(from_scratch=True) == COUNT + 1


def test_an_index_of_another_format_is_not_added_to(store: Store) -> None:
    """A program that makes other entries leaves the index alone until it is rebuilt."""
    save_kinds(store)
    with store.writing() as connection:
        connection.exec_driver_sql("UPDATE search_state SET format = 99")
    store.save(small("late"), now=NOW)
    assert store.search.find("灯塔").unindexed == len(TEXTS) + 1
    assert store.search.rebuild() == len(TEXTS) + 1
    assert (names(store, "灯塔"), names(store, "白宫")) == (["late"], ["harbour"])


@pytest.mark.long
@pytest.mark.parametrize(
    "text", ["词" * 200_000, "".join(map(chr, range(0x4E00, 0x9FA5))) * 10, "x" * 500_000, "é " * 200_000]
)
def test_texts_of_any_length_are_kept_and_found(store: Store, make_article: MakeArticle, text: str) -> None:
    """PostgreSQL takes a megabyte of tokens at most; the beginning of a text is indexed."""
    store.save(make_article(paragraphs=("开头的话。", text)), now=NOW)
    assert names(store, "开头") == ["20230801-dengta"]


def test_a_phrase_is_found_on_the_last_page_of_a_long_text(store: Store, make_article: MakeArticle) -> None:
    """PostgreSQL's numbers of places run out at 16,383; neighbours stay neighbours."""
    store.save(make_article(paragraphs=("渔民说，他们又能看见回家的路。" * 2000, "市场在周五重新开张。")), now=NOW)
    assert names(store, "市场在周五重新开张") == ["20230801-dengta"]


@pytest.mark.long
def test_the_index_and_the_texts_agree(store: Store) -> None:
    """For any quotation the index finds the articles that hold it and, but for a last character alone, no others."""
    random = Random(7)
    letters = ("甲", "乙", "丙", "臺", "台", "a", "é", "ab", "1", " ", "，", "ក្ត", "ខ")
    texts = ["".join(random.choices(letters, k=random.randint(1, 12))) for _ in range(400)]
    store.save_batch([small(str(number), title="题", paragraphs=(text,)) for number, text in enumerate(texts)], now=NOW)
    for _ in range(300):
        query = parse_query("「" + "".join(random.choices(letters, k=random.randint(1, 5))) + "」")
        if (match := query.match) is None:
            continue
        (term,) = query.wanted
        holding = {number for number, text in enumerate(texts, 1) if term.count(Printed(text))}
        with store.writing() as connection:
            found = set(find(connection, match))
        assert holding <= found
        assert found == holding or len(term.phrases) > 1


_SIGNS = (
    "æœÆþĳßaetosAbéÉeE1 2 -,.。，：中文發发髮法国 　kｅＥ１«»’_々カが한국αΑя…·・øяЯñÑ㎏ｱ\ufb01ẽ\u200bⅡ\u0301ไท中𠀀𐌰"
)


def test_a_term_stands_where_it_stands_whether_the_text_was_folded_or_not() -> None:
    """What a query finds in a text as printed is what it finds in the same text folded, at the same places."""
    random = Random(5)
    met = 0
    for number in range(1_200):
        text = "".join(random.choices(_SIGNS, k=random.randrange(25)))
        start = random.randrange(len(text) + 1)
        cut = text[start : start + random.randrange(1, 7)]
        query = ("".join(random.choices('aAbeoæœé1 中文发法カが한αя-"*', k=4)), cut, f'"{cut}"', f"{cut}*")[number % 4]
        for term in parse_query(query).wanted:
            folded = Printed(text)
            folded._plain = None
            assert term.spans(Printed(text)) == term.spans(folded), (text, query)
            assert term.count(Printed(text)) == term.count(folded), (text, query)
            met += term.count(folded)
    assert met > 200
