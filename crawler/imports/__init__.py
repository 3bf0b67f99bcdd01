"""Articles into the store without a fetch: seed files, their history in git, exports of this program."""

from crawler.imports.inputs import find_input
from crawler.imports.reading import Readers, count_cores
from crawler.imports.running import run_import
from crawler.imports.seed_files import SeedFiles

__all__ = ["Readers", "SeedFiles", "count_cores", "find_input", "run_import"]
