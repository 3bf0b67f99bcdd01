"""When to poll which channel: learnt from what polls brought, so that new articles are found soonest.

Pure: no database, no clock, no framework. What it reckons, and why, stands in docs/rhythm.md.
"""

from crawler.rhythm.rhythm import Due, Rhythm

__all__ = ["Due", "Rhythm"]
