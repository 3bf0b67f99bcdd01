"""Articles out of the store and into files: one module a format, each streaming, each file whole or not at all."""

from crawler.exports.counting import Counted
from crawler.exports.csv_file import write_csv
from crawler.exports.feeds import Channel, write_atom, write_json_feed, write_rss
from crawler.exports.files import whole_file, whole_folder
from crawler.exports.jsonl import write_jsonl
from crawler.exports.seed_files import export_seed_files, seed_of

__all__ = [
    "Channel",
    "Counted",
    "export_seed_files",
    "seed_of",
    "whole_file",
    "whole_folder",
    "write_atom",
    "write_csv",
    "write_json_feed",
    "write_jsonl",
    "write_rss",
]
