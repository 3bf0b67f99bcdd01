"""What a script does to the articles of a local site: edited, withdrawn, renamed, held back until they are published.

An index comes in and another goes out, so that articles, listings, feeds and sitemaps agree about what happened.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import timedelta
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

from crawler.archives.site_index import ORIGIN, SiteIndex, edition_of, read_story, sections_of
from crawler.archives.site_script import Edit, Publish, Rename, Withdraw
from crawler.errors import BadInput
from storage.identity import canonical_url

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from crawler.archives.site_index import Story
    from crawler.archives.site_script import SiteScript, WorldStep
    from crawler.items import ScrapedArticle, SeedFile

# Last-Modified has whole seconds: each edit counts as one that was made a minute after the one before.
_EDIT_TAKES = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedIndex:
    """A site after some steps of its script."""

    index: SiteIndex
    moved: dict[str, tuple[str | None, int]] = field(default_factory=dict)
    """Canonical URL of an address that is left -> (root-relative new address, or None; status)."""


def article_url(path: str) -> str:
    """Return the canonical URL of an article of the site by its path, percent-encoded or not."""
    return canonical_url(ORIGIN + quote(unquote(path)))


def check_script(index: SiteIndex, script: SiteScript, name: str) -> None:
    """Hold a script against the site it is for.

    Raises:
        BadInput: It tells of an article that the site does not have, or replaces a text that does not stand in it.
    """
    known = set(index.stories)
    for number, step in enumerate(script.step, 1):
        if not isinstance(step, Edit | Withdraw | Rename | Publish):
            continue
        place = f"{name}, step {number} ({step.do})"
        if article_url(step.article) not in known:
            raise BadInput(f"{place}: the site has no article {step.article}")
        if isinstance(step, Rename):
            new = article_url(step.to)
            if new in known:
                raise BadInput(f"{place}: the site has another article under {step.to}")
            if urlsplit(new).path.split("/")[1] != urlsplit(article_url(step.article)).path.split("/")[1]:
                raise BadInput(f"{place}: {step.to} is of another edition")
            known.add(new)
        elif isinstance(step, Edit) and (story := index.stories.get(article_url(step.article))):
            seed, _ = read_story(story)
            texts = f"{seed.title}\n{seed.fragment}"
            if missing := [text for text in step.replace if text not in texts]:
                raise BadInput(f"{place}: {missing[0]!r} does not stand in the article")


def changed(index: SiteIndex, done: Sequence[WorldStep], to_come: Iterable[WorldStep]) -> ChangedIndex:
    """Return a site as its script has made it.

    Args:
        index: The site before anything happened.
        done: The steps that hold, in order.
        to_come: The other steps; articles that one of them publishes are not there yet.
    """
    stories = dict(index.stories)
    moved: dict[str, tuple[str | None, int]] = {}
    published = {article_url(step.article) for step in done if isinstance(step, Publish)}
    for step in to_come:
        if isinstance(step, Publish) and article_url(step.article) not in published:
            stories.pop(article_url(step.article), None)
    for step in done:
        url = article_url(step.article)
        story = stories.get(url)
        if story is None:
            continue
        match step:
            case Edit():
                stories[url] = _edited(story, step)
            case Withdraw():
                del stories[url]
                moved[url] = (None, step.status)
            case Rename():
                del stories[url]
                new = article_url(step.to)
                stories[new] = _renamed(story, new)
                moved[url] = (urlsplit(new).path if step.status < 400 else None, step.status)
                moved.pop(new, None)
    return ChangedIndex(index=_indexed(stories, index), moved=moved)


def _edited(story: Story, edit: Edit) -> Story:
    title = edit.title or story.title
    for old, new in edit.replace.items():
        title = title.replace(old, new)
    return replace(
        story, title=title, observed_at=story.observed_at + _EDIT_TAKES, edits=(*story.edits, _Edited(edit=edit))
    )


def _renamed(story: Story, url: str) -> Story:
    return replace(story, url=url, href=urlsplit(url).path, sections=sections_of(url, story.source))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Edited:
    """One edit of a story, made when its page is asked for."""

    edit: Edit

    def of_seed(self, seed: SeedFile) -> SeedFile:
        """Return the seed file as if the edited article had been archived."""
        title, fragment = self.edit.title or seed.title, seed.fragment
        for old, new in self.edit.replace.items():
            title, fragment = title.replace(old, new), fragment.replace(old, new)
        if self.edit.append:
            # before the last paragraph, which is inside the body whatever stands behind it
            before, mark, last = fragment.rpartition("<p")
            fragment = f"{before}<p>{escape(self.edit.append, quote=False)}</p>{mark}{last}"
        return replace(seed, title=title, fragment=fragment)

    def of_article(self, article: ScrapedArticle) -> ScrapedArticle:
        """Return the article with the edit time that is stated."""
        return replace(article, modified_at=self.edit.modified_at) if self.edit.modified_at else article


def _indexed(stories: dict[str, Story], before: SiteIndex) -> SiteIndex:
    """Return an index of other stories; an edition that has lost all of them is no longer there."""
    groups: dict[str, list[Story]] = defaultdict(list)
    for story in stories.values():
        groups[story.source.name].append(story)
    editions = [edition_of(group) for group in groups.values()]
    return SiteIndex(editions={e.prefix: e for e in editions}, stories=stories, refused=before.refused)
