"""Scrapy's maker of TLS contexts, imported by a thread of its own: to be imported before what needs it.

Scrapy 2.19 inspects the stack of its callers four times while that is imported, and the source of every frame: below a
command line it takes an eighth of the time until a crawl begins, at the bottom of a thread next to nothing. What it
imports imports nothing of ours: whoever imports us holds locks on that, and waits here.
"""

import importlib
import threading

_importing = threading.Thread(target=importlib.import_module, args=("scrapy.core.downloader.contextfactory",))
_importing.start()
_importing.join()
