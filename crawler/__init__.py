"""The crawler: everything between the web and an Article.

The road of one article, the same for a scheduled crawl, a one-off, a backfill and a replay::

    bytes           archives/ or the web           Response
    read            sources/                       page, url -> ScrapedArticle   (aware datetimes, raw text)
    judge           pipelines.py -> normalize.py   ScrapedArticle -> Article | ArticleRejected
    drop repeats    pipelines.py                   same URL, time, words and aliases already passed in this run
    keep            storage/articles.py            Article -> Outcome: NEW REVISED UNCHANGED DUPLICATE
    row             storage/tables.py              articles 1-n revisions; crawl_runs count the outcomes
"""

__version__ = "0.1.0"
