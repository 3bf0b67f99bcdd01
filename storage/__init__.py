"""Everything between an Article and a row: the store, the values that cross its door, and what can go wrong."""

from storage.articles import Saved, save_articles
from storage.errors import StoreError, StoreUnavailable, UnknownArticle, WriteRefused
from storage.reading import SectionCount
from storage.records import (
    Article,
    Claim,
    CrawlKind,
    CrawlPlan,
    CrawlRun,
    Image,
    Media,
    Outcome,
    RunState,
    StoredArticle,
)
from storage.seed_copies import SeedCopy, StoredSeedCopy
from storage.store import Store
from storage.writer import BatchWriter, Written

__all__ = [
    "Article",
    "BatchWriter",
    "Claim",
    "CrawlKind",
    "CrawlPlan",
    "CrawlRun",
    "Image",
    "Media",
    "Outcome",
    "RunState",
    "Saved",
    "SectionCount",
    "SeedCopy",
    "Store",
    "StoreError",
    "StoreUnavailable",
    "StoredArticle",
    "StoredSeedCopy",
    "UnknownArticle",
    "WriteRefused",
    "Written",
    "save_articles",
]
