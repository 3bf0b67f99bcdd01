"""import_seed_files: archived articles walk the road without a fetch.

Comes in: seed files. Goes out: a CrawlRun of kind IMPORT whose counts say what became of every file.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from crawler.archives.seeds import read_seeds
from crawler.errors import ArticleRejected, NewsCrawlerError, PageNotUnderstood, SeedFileError
from crawler.normalize import normalize
from crawler.sources import source_of
from storage import BatchWriter, CrawlKind, CrawlPlan, RunState
from storage.identity import canonical_url

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from crawler.items import SeedFile
    from storage import Article, CrawlRun, Store

# Files between two looks at the counts for whoever watches.
PROGRESS_EVERY_FILES = 100
