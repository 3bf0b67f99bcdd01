"""Everything between an Article and a row: the store, the values that cross its door, and what can go wrong."""

from storage.articles import Saved, save_articles
from storage.errors import StoreError, StoreUnavailable, StoreUnreachable, UnknownArticle, WriteRefused
from storage.frontier import Frontier, Left
from storage.hosts import Hosts, HostState, KeptRobots
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
    Media,
    Outcome,
    RunState,
    Settlement,
    StoredArticle,
    Walk,
)
from storage.seed_copies import SeedCopy, StoredSeedCopy
from storage.store import Store
from storage.writer import BatchWriter

__all__ = [
    "Article",
    "BatchWriter",
    "Claim",
    "CrawlKind",
    "CrawlPlan",
    "CrawlRun",
    "FoundUrl",
    "Frontier",
    "FrontierState",
    "HostState",
    "Hosts",
    "Image",
    "KeptPage",
    "KeptRobots",
    "LeasedUrl",
    "Left",
    "Media",
    "Outcome",
    "RunState",
    "Saved",
    "SectionCount",
    "SeedCopy",
    "Settlement",
    "Store",
    "StoreError",
    "StoreUnavailable",
    "StoreUnreachable",
    "StoredArticle",
    "StoredSeedCopy",
    "UnknownArticle",
    "Walk",
    "WriteRefused",
    "save_articles",
]
