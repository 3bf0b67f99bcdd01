"""Chinese that says nothing, with the character statistics of the corpus; nothing of what was learnt is kept."""

from __future__ import annotations

import html
import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from opencc import OpenCC

from storage import Article

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent.parent
CORPUS = ROOT.parent / "shared" / "corpus" / "rfi-cn"

# Invented people: each is in one article of a hundred.
NAMES = (
    "Élodie Brûlé", "Zoé Lefèvre-Côté", "François Œuvrard", "Nguyễn Thị Hạnh", "Đặng Văn Đức", "José Núñez",
    "Ömer Çağlar", "Łukasz Żółw", "Søren Ærø", "Ibrahima Ɗiallo",
)  # fmt: skip
_SENTENCE = re.compile(r"[^。！？\n]*[\u4e00-\u9fff][^。！？\n]*[。！？]")
_START = "\n"


@dataclass(frozen=True, slots=True)
class Made:
    """One article that was made, and its text as printed."""

    article: Article
    printed: str
    """Title and text, one a line."""


class Texts:
    """Articles whose characters follow each other as often as in the corpus, or else in the project's seed files."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._followers: dict[str, list[str]] = defaultdict(list)
        folder = CORPUS if CORPUS.is_dir() else ROOT / "seeds"
        self.learnt_from = folder.name
        lengths = []
        for path in sorted(folder.iterdir()):
            plain = html.unescape(re.sub(r"<[^>]*>", "\n", path.read_text("utf-8", errors="replace")))
            sentences = _SENTENCE.findall(plain)
            lengths.append(sum(map(len, sentences)))
            for sentence in sentences:
                for one, following in zip(_START + sentence, sentence + _START, strict=True):
                    self._followers[one].append(following)
        self._lengths = [length for length in lengths if length > 100]
        self._to_traditional = OpenCC("s2t").convert

    def articles(self, count: int) -> Iterator[Made]:
        """Yield articles, a quarter of an hour apart: one in ten in traditional characters, one in ten with a name."""
        for number in range(count):
            yield self._article(number)

    def _article(self, number: int) -> Made:
        length = self._random.choice(self._lengths)
        paragraphs, title = [], self._sentence().strip("。！？ ")[:24]
        while length > 0:
            paragraphs.append("".join(self._sentence() for _ in range(3)))
            length -= len(paragraphs[-1])
        if number % 10 == 3:
            name = self._random.choice(NAMES)
            paragraphs[-1] += f"{name} 说。" if number % 20 == 3 else f"（{name.upper()}）"
        if is_traditional := number % 10 == 7:
            title, paragraphs = self._to_traditional(title), [*map(self._to_traditional, paragraphs)]
        article = Article(
            source="rfi-tw" if is_traditional else "rfi-cn",
            canonical_url=f"https://www.rfi.fr/cn/bench/{number}",
            title=title or "无题",
            paragraphs=tuple(paragraphs),
            html="".join(f"<p>{paragraph}</p>" for paragraph in paragraphs),
            published_at=datetime(2021, 1, 1, tzinfo=UTC) + timedelta(minutes=15 * number),
            fetched_at=datetime(2026, 1, 1, tzinfo=UTC),
            section=("中国", "国际", "法国")[number % 3],
            language="zh-Hant" if is_traditional else "zh-Hans",
        )
        return Made(article, "\n".join((article.title, article.text)))

    def _sentence(self) -> str:
        random, followers = self._random.random, self._followers
        sentence, last = [], _START
        while len(sentence) < 120:
            choices = followers[last]
            last = choices[int(random() * len(choices))]
            if last == _START:
                break
            sentence.append(last)
        return "".join(sentence)
