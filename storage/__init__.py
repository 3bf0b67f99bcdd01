"""Everything between an Article and a row: the store, the values that cross its door, and what can go wrong."""

from storage.articles import Saved, save_articles
from storage.backfills import Backfill, Backfills, PlannedSlice, Progress, Slice, SliceState
from storage.channel_records import (
    Channel,
    ChannelKind,
    ChannelSighting,
    ChannelTally,
    DateOrigin,
    ListedArticle,
    Polled,
    ShownArticle,
)
from storage.channels import Channels
from storage.coverage import CoverageCell, Coverages, KnownArticle, Standing, cells_of
from storage.errors import (
    DiskTrouble,
    LeadershipLost,
    ScheduleExists,
    StoreError,
    StoreUnavailable,
    StoreUnreachable,
    UnknownArticle,
    UnknownRevision,
    UnknownSchedule,
    WriteRefused,
    WrongSchema,
)
from storage.exporting import ExportedRevision, Exports, Marks, Partition, Selection, StoredAlias, StoredClaim
from storage.frontier import Frontier
from storage.frontier_records import FoundUrl, FrontierState, HeldPage, KeptPage, LeasedUrl, Left, Settlement, Walk
from storage.history import Change, ChangeKind, History, RevisionMarks
from storage.hosts import Hosts, HostState, KeptRobots
from storage.leadership import Leaderships
from storage.monitors import Monitors
from storage.patience import Patience, tried_again
from storage.positions import Position
from storage.pruning import Pruned, Retention
from storage.reading import SectionCount
from storage.records import Article, CapturePlace, Claim, Image, Media, Outcome, StoredArticle
from storage.rereading import READ_FIELDS, Correction, KnownRevision, Rereading
from storage.restoring import Returning
from storage.run_records import CrawlKind, CrawlPlan, CrawlRun, RunState, Window
from storage.schedule_records import (
    Adaptive,
    CatchUp,
    Cron,
    Decision,
    Interval,
    Judgement,
    Leadership,
    NewSchedule,
    Overlap,
    Schedule,
    StandingRun,
    Trigger,
)
from storage.schedules import Schedules
from storage.seed_copies import SeedCopy, StoredSeedCopy
from storage.silences import Silence, find_silences
from storage.slices import CLAIMED
from storage.store import Store
from storage.writer import BatchWriter

__all__ = [
    "CLAIMED",
    "READ_FIELDS",
    "Adaptive",
    "Article",
    "Backfill",
    "Backfills",
    "BatchWriter",
    "CapturePlace",
    "CatchUp",
    "Change",
    "ChangeKind",
    "Channel",
    "ChannelKind",
    "ChannelSighting",
    "ChannelTally",
    "Channels",
    "Claim",
    "Correction",
    "CoverageCell",
    "Coverages",
    "CrawlKind",
    "CrawlPlan",
    "CrawlRun",
    "Cron",
    "DateOrigin",
    "Decision",
    "DiskTrouble",
    "ExportedRevision",
    "Exports",
    "FoundUrl",
    "Frontier",
    "FrontierState",
    "HeldPage",
    "History",
    "HostState",
    "Hosts",
    "Image",
    "Interval",
    "Judgement",
    "KeptPage",
    "KeptRobots",
    "KnownArticle",
    "KnownRevision",
    "Leadership",
    "LeadershipLost",
    "Leaderships",
    "LeasedUrl",
    "Left",
    "ListedArticle",
    "Marks",
    "Media",
    "Monitors",
    "NewSchedule",
    "Outcome",
    "Overlap",
    "Partition",
    "Patience",
    "PlannedSlice",
    "Polled",
    "Position",
    "Progress",
    "Pruned",
    "Rereading",
    "Retention",
    "Returning",
    "RevisionMarks",
    "RunState",
    "Saved",
    "Schedule",
    "ScheduleExists",
    "Schedules",
    "SectionCount",
    "SeedCopy",
    "Selection",
    "Settlement",
    "ShownArticle",
    "Silence",
    "Slice",
    "SliceState",
    "Standing",
    "StandingRun",
    "Store",
    "StoreError",
    "StoreUnavailable",
    "StoreUnreachable",
    "StoredAlias",
    "StoredArticle",
    "StoredClaim",
    "StoredSeedCopy",
    "Trigger",
    "UnknownArticle",
    "UnknownRevision",
    "UnknownSchedule",
    "Walk",
    "Window",
    "WriteRefused",
    "WrongSchema",
    "cells_of",
    "find_silences",
    "save_articles",
    "tried_again",
]
