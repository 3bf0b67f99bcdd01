"""The commands, one file a group: arguments in, exit code and words out; no logic.

Exit codes: 0 done, 1 failed or nothing done, 2 wrong usage, 130 interrupted.
"""

from crawler.cli.app import main

__all__ = ["main"]
