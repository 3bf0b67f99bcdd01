"""Articles into the store without a fetch: from seed files, and from exports of this program."""

from crawler.imports.exported import import_exported
from crawler.imports.seed_files import import_seed_files

__all__ = ["import_exported", "import_seed_files"]
