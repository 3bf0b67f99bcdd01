"""How a comparison is shown to programs and browsers: JSON and HTML."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from storage.diff_texts import Op
from storage.exports import as_iso

if TYPE_CHECKING:
    from storage.diffs import ArticleDiff, ChangedFact, DiffBlock
    from storage.records import StoredArticle

_STYLE = "del{background:#fdd;text-decoration:line-through}ins{background:#dfd;text-decoration:none}"
_ELEMENTS = {Op.REMOVED: "del", Op.ADDED: "ins"}
_BLOCKS = {"title": "h1", "lead": "p", "paragraph": "p"}


def diff_as_json(diff: ArticleDiff) -> dict[str, Any]:
    """Return a comparison as one JSON object; see docs/exports.md."""
    return {
        "canonical_url": diff.after.article.canonical_url,
        "source": diff.after.article.source,
        "language": diff.after.article.language,
        "from": _marks(diff.before),
        "to": _marks(diff.after),
        "facts": [{"field": fact.field, "from": fact.before, "to": fact.after} for fact in diff.facts],
        "blocks": [
            {
                "part": block.part,
                "is_changed": block.is_changed,
                "pieces": [{"op": piece.op.value, "text": piece.text} for piece in block.pieces],
            }
            for block in diff.blocks
        ],
    }


def _marks(stored: StoredArticle) -> dict[str, Any]:
    return {
        "revision": stored.revision,
        "fingerprint": stored.fingerprint,
        "is_silent": stored.is_silent,
        "published_at": as_iso(stored.article.published_at),
        "modified_at": as_iso(stored.article.modified_at),
        "first_seen_at": as_iso(stored.first_seen_at),
        "last_seen_at": as_iso(stored.last_seen_at),
    }


def diff_as_html(diff: ArticleDiff) -> str:
    """Return a comparison as a page of its own: removed text in ``del``, added text in ``ins``; all text escaped."""
    article = diff.after.article
    language = f' lang="{escape(article.language)}"' if article.language else ""
    title = f"{article.title}: {diff.before.revision} → {diff.after.revision}"
    facts = "".join(map(_fact_as_html, diff.facts))
    return (
        f'<!doctype html>\n<html{language}>\n<head>\n<meta charset="utf-8">\n<title>{escape(title)}</title>\n'
        f"<style>{_STYLE}</style>\n</head>\n<body>\n<article>\n"
        + "".join(map(_block_as_html, diff.blocks))
        + (f"<ul>\n{facts}</ul>\n" if facts else "")
        + "</article>\n</body>\n</html>\n"
    )


def _block_as_html(block: DiffBlock) -> str:
    pieces = []
    for piece in block.pieces:
        element, text = _ELEMENTS.get(piece.op), escape(piece.text, quote=False)
        pieces.append(f"<{element}>{text}</{element}>" if element else text)
    name = _BLOCKS[block.part]
    return f'<{name} class="{block.part}">{"".join(pieces)}</{name}>\n'


def _fact_as_html(fact: ChangedFact) -> str:
    before, after = (escape(_in_words(value), quote=False) for value in (fact.before, fact.after))
    return f"<li>{fact.field}: <del>{before}</del> <ins>{after}</ins></li>\n"


def _in_words(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) else value or ""
