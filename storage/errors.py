"""Errors of the store.

StoreError
├── StoreUnavailable    the database cannot be opened or written; the message says what to check
│   ├── StoreUnreachable    for now: its server is down or starting, or another program holds it
│   ├── DiskTrouble         a read or write on the disk failed; nothing of the batch was written
│   └── WrongSchema         it is older or newer than this program
├── WriteRefused        the database cannot hold a value it was given; nothing of the batch was written
├── UnknownArticle      no article has this URL; has .url
├── UnknownRevision     an article has no revision of this number; has .url and .number
├── UnknownSchedule     no schedule has this name; has .name
├── ScheduleExists      a schedule has this name already; has .name
└── LeadershipLost      another process plans and starts runs by now
"""


class StoreError(Exception):
    """Something in the store could not be done; the message is one sentence for a person."""


class StoreUnavailable(StoreError):
    """The database cannot be opened, read or written."""


class StoreUnreachable(StoreUnavailable):
    """The database cannot be reached for now; trying again may help."""


class DiskTrouble(StoreUnavailable):
    """A read or write on the disk failed; nothing of the transaction was written, and a smaller one may pass."""


class WrongSchema(StoreUnavailable):
    """The database is older or newer than this program; the message says which, and what to run."""


class WriteRefused(StoreError):
    """The database cannot hold a value it was given, such as a NUL character in PostgreSQL."""


class UnknownArticle(StoreError):
    """No article is stored under this URL, nor under an alias."""

    def __init__(self, url: str) -> None:
        super().__init__(f"no article is stored under {url}")
        self.url = url


class UnknownRevision(StoreError):
    """An article has no revision of this number."""

    def __init__(self, url: str, number: int) -> None:
        super().__init__(f"there is no revision {number} of {url}")
        self.url = url
        self.number = number


class UnknownSchedule(StoreError):
    """No schedule has this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no schedule {name!r}")
        self.name = name


class ScheduleExists(StoreError):
    """A schedule has this name already."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is a schedule {name!r} already; remove it first, or choose another name")
        self.name = name


class LeadershipLost(StoreError):
    """Another process plans and starts runs by now; nothing was written."""

    def __init__(self, holder: str) -> None:
        super().__init__(f"another service has taken over from {holder}")
