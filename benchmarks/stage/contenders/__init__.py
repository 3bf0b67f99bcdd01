"""Ways to crawl the same pages, each a program of its own that imports what its way takes and nothing else.

    python -m benchmarks.stage.contenders.stock|tutorial|ours BASE_URL TARGETS DATABASE

TARGETS is a file of paths, one a line; DATABASE a URL, of SQLite for the tutorial; stock Scrapy stores nothing. Exit
code 1 when not every page was fetched.
"""
