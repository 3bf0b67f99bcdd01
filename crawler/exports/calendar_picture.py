"""A calendar of coverage as a picture, PNG or SVG: a square a day, weeks across, a block a year."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from crawler.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from storage import CoverageCell

SUFFIXES = (".png", ".svg")

_NOTHING = "#e8e8e8"
_WEEKDAYS = ("Mon", "Wed", "Fri")

# Fonts with Chinese in them, best first; those that are installed are used where the usual one has no sign.
_CHINESE = ("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "WenQuanYi Micro Hei", "PingFang SC", "SimHei")


def write_picture(path: Path, title: str, cells: Mapping[date, CoverageCell], days: Sequence[date]) -> None:
    """Draw how much of what is known of each day is stored.

    The same numbers give the same file.

    Args:
        path: Ends in ``.png`` or ``.svg``.
        title: Above the picture.
        cells: What is known of each day; days without an entry are drawn in grey.
        days: The days to draw, in order.

    Raises:
        BadInput: The file has another ending, or matplotlib is not installed.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise BadInput(f"{path} ends neither in .png nor in .svg")
    try:
        # 50 MB, and most never draw: only where it is wanted
        import matplotlib as mpl  # noqa: PLC0415 -- see above
        from matplotlib.figure import Figure  # noqa: PLC0415 -- see above
    except ImportError as error:
        raise BadInput("pictures need matplotlib: pip install 'newscrawl[pictures]'") from error
    years = sorted({day.year for day in days})
    look: Any = {"svg.hashsalt": "newscrawl", "svg.fonttype": "none", "font.size": 8, "font.family": _fonts()}
    with mpl.rc_context(look), warnings.catch_warnings():
        # a machine without a font for Chinese draws boxes for the name of a section
        warnings.filterwarnings("ignore", "Glyph .* missing", UserWarning)
        figure = Figure(figsize=(11, 0.7 + 1.55 * len(years)), layout="constrained")
        figure.suptitle(title)
        all_axes = figure.subplots(len(years), 1, squeeze=False)[:, 0]
        for year, axes in zip(years, all_axes, strict=True):
            _draw_year(axes, year, cells, [day for day in days if day.year == year])
        figure.colorbar(_colours(), ax=list(all_axes), label="stored of what is known", shrink=0.8)
        # no time of day in the file: equal pictures are equal bytes
        metadata = {"Date": None} if path.suffix.lower() == ".svg" else {"Software": None}
        figure.savefig(path, format=path.suffix.lower()[1:], dpi=120, metadata=metadata)


def _fonts() -> list[str]:
    from matplotlib.font_manager import get_font_names  # noqa: PLC0415 -- see `write_picture`

    installed = set(get_font_names())
    return ["DejaVu Sans", *(name for name in _CHINESE if name in installed)]


def _colours() -> Any:
    from matplotlib.cm import ScalarMappable  # noqa: PLC0415 -- see `write_picture`
    from matplotlib.colors import Normalize  # noqa: PLC0415 -- see `write_picture`

    return ScalarMappable(norm=Normalize(0, 1), cmap="RdYlGn")


def _draw_year(axes: Any, year: int, cells: Mapping[date, CoverageCell], days: Sequence[date]) -> None:
    from matplotlib.patches import Rectangle  # noqa: PLC0415 -- see `write_picture`

    colours = _colours()
    first = days[0].replace(month=1, day=1)
    months: dict[int, list[int]] = {}
    for day in days:
        week = (day.timetuple().tm_yday - 1 + first.weekday()) // 7
        cell = cells.get(day)
        colour = colours.to_rgba(cell.stored / cell.known) if cell is not None and cell.known else _NOTHING
        axes.add_patch(Rectangle((week + 0.06, day.weekday() + 0.06), 0.88, 0.88, color=colour, linewidth=0))
        months.setdefault(day.month, []).append(week)
    axes.set_xlim(0, 54)
    axes.set_ylim(7, 0)
    axes.set_aspect("equal")
    axes.set_frame_on(False)
    axes.tick_params(length=0)
    axes.set_ylabel(str(year))
    axes.set_yticks([0.5, 2.5, 4.5], _WEEKDAYS)
    axes.set_xticks([(weeks[0] + weeks[-1] + 1) / 2 for weeks in months.values()], [f"{month:02}" for month in months])
