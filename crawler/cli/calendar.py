"""A calendar of coverage in characters: a line a month, a mark a day; in colours where there are some."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from storage import CoverageCell

# Mark, colour and meaning, by the least share of the known articles that is stored.
MARKS = (
    (1.0, "█", "green", "all stored"),
    (0.9, "▓", "yellow", "90 % and more"),
    (0.5, "▒", "dark_orange", "half and more"),
    (0.0, "░", "red", "less than half"),
)
NOTHING = ("·", "bright_black", "nothing known")


def calendar(cells: Mapping[date, CoverageCell], days: Sequence[date]) -> Iterator[Text]:
    """Yield the lines of a calendar: a heading, a line for each month, and what the marks mean.

    Args:
        cells: What is known of each day.
        days: The days to show, in order.
    """
    numbers = "".join(f"{day % 10}" if day % 5 else f"{day // 10}" for day in range(1, 32))
    yield Text(f"         {numbers}  known  stored", style="bold")
    months: dict[tuple[int, int], list[date]] = {}
    for day in days:
        months.setdefault((day.year, day.month), []).append(day)
    for (year, month), shown in months.items():
        line = Text(f"{year}-{month:02}  " + " " * (shown[0].day - 1))
        for day in shown:
            mark, colour, _ = mark_of(cells.get(day))
            line.append(mark, style=colour)
        mine = [cells[day] for day in shown if day in cells]
        line.append(" " * (31 - shown[-1].day))
        line.append(f"  {sum(cell.known for cell in mine):5}  {sum(cell.stored for cell in mine):6}")
        yield line
    legend = Text()
    for mark, colour, meaning in (*((mark, colour, meaning) for _, mark, colour, meaning in MARKS), NOTHING):
        legend.append(f"{mark} ", style=colour)
        legend.append(f"{meaning}   ")
    yield legend


def mark_of(cell: CoverageCell | None) -> tuple[str, str, str]:
    """Return mark, colour and meaning of a day."""
    if cell is None or not cell.known:
        return NOTHING
    share = cell.stored / cell.known
    return next((mark, colour, meaning) for least, mark, colour, meaning in MARKS if share >= least)
