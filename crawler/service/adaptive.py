"""The adaptive trigger: rhythms of sources, learnt from the polls on record.

A rhythm has no state of its own in the database. What channels showed, and when they were asked, is there for other
reasons; from that a rhythm is learnt anew when a service starts, and goes on learning as runs write. So a take-over, a
restart or a crawl by hand is all the same to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from crawler.rhythm import Rhythm
from crawler.service.dispatcher import Poll
from crawler.sources import source_named
from storage import Adaptive

if TYPE_CHECKING:
    from datetime import datetime

    from storage import Schedule, Store

# Polls older than this have lost all but a fiftieth of their weight.
REMEMBERED = timedelta(days=120)

# An article's page states best when it was published; by then a run has fetched those that its listings led to.
LEARNT_AFTER = timedelta(seconds=60)

# Channels that are due so soon after the first are polled in the same run: a process a channel would cost more.
TOGETHER_SECONDS = 30.0


@dataclass(slots=True)
class _Learnt:
    """One schedule's rhythm, and how far the record was read for it."""

    rhythm: Rhythm
    trigger: Adaptive
    last_poll: int = 0


class AdaptivePolls:
    """Says when channels of a schedule's source are to be asked next; what a dispatcher asks.

    Args:
        store: Where the polls are.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._learnt: dict[str, _Learnt] = {}

    def __call__(self, schedule: Schedule, now: datetime) -> Poll | None:
        """Return the next poll of a schedule; None for one whose trigger is another."""
        if not isinstance(schedule.trigger, Adaptive):
            return None
        learnt = self._learnt.get(schedule.name)
        if learnt is None or learnt.trigger != schedule.trigger:
            learnt = self._learnt[schedule.name] = _begin(schedule, schedule.trigger, now)
        unlearnt = self._go_on(schedule.plan.source, learnt, now)
        due = learnt.rhythm.due(within_seconds=TOGETHER_SECONDS)
        if due is None:
            return None
        return Poll(at=max(due.at, unlearnt) if unlearnt is not None else due.at, seeds=due.channels)

    def _go_on(self, source: str, learnt: _Learnt, now: datetime) -> datetime | None:
        """Learn from the polls that were written since the last look; return when the next can be learnt from."""
        while polls := self._store.channels.polled(source, after=learnt.last_poll, since=now - REMEMBERED):
            for polled in polls:
                if polled.polled_at + LEARNT_AFTER > now:
                    return polled.polled_at + LEARNT_AFTER
                learnt.last_poll = polled.number
                learnt.rhythm.note(
                    polled.channel.url,
                    at=polled.polled_at,
                    published=polled.published,
                    shown=polled.shown,
                    is_read=polled.is_read,
                )
        return None


def _begin(schedule: Schedule, trigger: Adaptive, now: datetime) -> _Learnt:
    source = source_named(schedule.plan.source)
    channels = schedule.plan.seeds or source.start_urls
    rhythm = Rhythm(
        [source.channel_of(url).url for url in channels],
        requests_a_day=trigger.requests_a_day,
        zone=source.zone,
        now=now - REMEMBERED,
    )
    return _Learnt(rhythm=rhythm, trigger=trigger)
