"""The settings file that `newscrawl init` writes: every setting with its meaning and its default, as a comment.

What it says comes from `crawler.config` alone, so that the file and the program cannot tell two stories.
"""

from __future__ import annotations

import ast
import inspect
import json
from itertools import pairwise
from textwrap import wrap
from typing import TYPE_CHECKING

from crawler.config import Config

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic.fields import FieldInfo

_HEAD = """\
# Settings of newscrawl, read once when the program starts.
#
# A setting that begins with # is not set and has the value shown, or none. An environment variable goes before the
# line here: NEWSCRAWL_CONTACT before contact; an option of a command goes before both.
"""

_WIDTH = 118


def config_template(given: Mapping[str, str]) -> str:
    """Return the text of a settings file.

    Args:
        given: Settings by name that are to be set; all others are comments.
    """
    meanings = _meanings()
    blocks = [_block(name, field, meanings[name], given.get(name)) for name, field in Config.model_fields.items()]
    return "\n".join([_HEAD, *blocks])


def _meanings() -> dict[str, str]:
    """Return the docstring of each setting; pydantic would look for them at every start of the program."""
    (settings,) = ast.parse(inspect.getsource(Config)).body
    assert isinstance(settings, ast.ClassDef)
    return {
        setting.target.id: inspect.cleandoc(str(told.value.value))
        for setting, told in pairwise(settings.body)
        if isinstance(setting, ast.AnnAssign)
        and isinstance(setting.target, ast.Name)
        and isinstance(told, ast.Expr)
        and isinstance(told.value, ast.Constant)
    }


def _block(name: str, field: FieldInfo, meaning: str, given: str | None) -> str:
    paragraphs = meaning.split("\n\n")
    comment = [f"# {line}" for paragraph in paragraphs for line in wrap(" ".join(paragraph.split()), _WIDTH - 2)]
    # JSON's strings, numbers and lists are TOML's, too
    value = given if given is not None else field.default
    line = f"{name} = {'' if value is None else json.dumps(value, ensure_ascii=False, default=str)}"
    return "\n".join([*comment, line if given is not None else f"# {line}".rstrip(), ""])
