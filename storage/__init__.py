"""Everything between an Article and a row: the store, the values that cross its door, and what can go wrong."""

from storage.articles import Saved, save_articles
from storage.channel_records import (
    Channel,
    ChannelKind,
    ChannelSighting,
    DateOrigin,
    ListedArticle,
    ShownArticle,
)
from storage.channels import Channels
from storage.errors import (
    StoreError,
    StoreUnavailable,
    StoreUnreachable,
    UnknownArticle,
    UnknownRevision,
    WriteRefused,
    WrongSchema,
)
from storage.exporting import ExportedRevision, Exports, Marks, Partition, Selection, StoredAlias, StoredClaim
from storage.frontier import Frontier
from storage.history import Change, ChangeKind, History, RevisionMarks
from storage.hosts import Hosts, HostState, KeptRobots
from storage.pruning import Pruned, Retention
from storage.reading import SectionCount
from storage.records import (
    Article,
    Claim,
    CrawlKind,
    CrawlPlan,
    CrawlRun,
    FoundUrl,
    FrontierState,
    Image,
    KeptPage,
    LeasedUrl,
    Left,
    Media,
    Outcome,
    RunState,
    Settlement,
    StoredArticle,
    Walk,
)
from storage.restoring import Returning
from storage.seed_copies import SeedCopy, StoredSeedCopy
from storage.store import Store
from storage.writer import BatchWriter

__all__ = [
    "Article",
    "BatchWriter",
    "Change",
    "ChangeKind",
    "Channel",
    "ChannelKind",
    "ChannelSighting",
    "Channels",
    "Claim",
    "CrawlKind",
    "CrawlPlan",
    "CrawlRun",
    "DateOrigin",
    "ExportedRevision",
    "Exports",
    "FoundUrl",
    "Frontier",
    "FrontierState",
    "History",
    "HostState",
    "Hosts",
    "Image",
    "KeptPage",
    "KeptRobots",
    "LeasedUrl",
    "Left",
    "ListedArticle",
    "Marks",
    "Media",
    "Outcome",
    "Partition",
    "Pruned",
    "Retention",
    "Returning",
    "RevisionMarks",
    "RunState",
    "Saved",
    "SectionCount",
    "SeedCopy",
    "Selection",
    "Settlement",
    "ShownArticle",
    "Store",
    "StoreError",
    "StoreUnavailable",
    "StoreUnreachable",
    "StoredAlias",
    "StoredArticle",
    "StoredClaim",
    "StoredSeedCopy",
    "UnknownArticle",
    "UnknownRevision",
    "Walk",
    "WriteRefused",
    "WrongSchema",
    "save_articles",
]
