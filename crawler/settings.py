"""The switchboard: plugs our parts into Scrapy, as classes, and sets politeness and safety.

`crawler.runs` adds what one run is given (plan, database, delays); nothing here reads the environment.
"""

from crawler import __version__
from crawler.middlewares.clock import FetchedAtMiddleware
from crawler.middlewares.fingerprints import CanonicalFingerprinter
from crawler.pipelines import DeduplicatePipeline, NormalizePipeline, StorePipeline

BOT_NAME = "newscrawl"
SPIDER_MODULES = ["crawler.spiders"]
ADDONS: dict[str, int] = {}

# --- the road ---
ITEM_PIPELINES = {NormalizePipeline: 100, DeduplicatePipeline: 200, StorePipeline: 300}
REQUEST_FINGERPRINTER_CLASS = CanonicalFingerprinter

# --- politeness ---
USER_AGENT = f"newscrawl/{__version__}"  # crawler.runs adds the contact
ROBOTSTXT_OBEY = True
ROBOTSTXT_USER_AGENT = "newscrawl"  # the product token that robots.txt groups are matched against
DOWNLOAD_DELAY = 1.0  # seconds between requests to one host; a patient reader's pace
RANDOMIZE_DOWNLOAD_DELAY = False  # a stated delay is a promise: never shorter
DOWNLOAD_DELAY_JITTER = 0.0
CONCURRENT_REQUESTS = 8
CONCURRENT_REQUESTS_PER_DOMAIN = 1  # one host slot
COOKIES_ENABLED = False  # articles need no session, and cookies would travel between hosts

# --- safety ---
DOWNLOAD_VERIFY_CERTIFICATES = True  # Scrapy's default is not to
DOWNLOAD_HANDLERS = {"data": None, "file": None, "s3": None, "ftp": None}  # http and https only
DOWNLOAD_WARNSIZE = 0  # the limit itself (crawler.config) is the word on size
REMOTE_CONTROL_ENABLED = False  # Scrapy 2.19 listens by default
TELNETCONSOLE_ENABLED = False
METAREFRESH_ENABLED = False  # a page that refreshes itself elsewhere is not the article
HTTPPROXY_ENABLED = True

# --- speed: measured in docs/performance.md ---
CONCURRENT_ITEMS = 1  # Scrapy starts that many tasks for every response; a page gives one article
DOWNLOADER_MIDDLEWARES = {
    FetchedAtMiddleware: 860,
    "scrapy.downloadermiddlewares.httpauth.HttpAuthMiddleware": None,
    "scrapy.downloadermiddlewares.redirect.MetaRefreshMiddleware": None,
    "scrapy.downloadermiddlewares.cookies.CookiesMiddleware": None,
    "scrapy.downloadermiddlewares.httpcache.HttpCacheMiddleware": None,
}
SPIDER_MIDDLEWARES = {
    "scrapy.spidermiddlewares.referer.RefererMiddleware": None,
    "scrapy.spidermiddlewares.depth.DepthMiddleware": None,
    "scrapy.spidermiddlewares.metacopy.MetaCopyDetectionMiddleware": None,
}

# --- quiet: the run's own report speaks; --verbose shows Scrapy's log ---
LOG_INSTALL_ROOT_HANDLER = False
LOG_LEVEL = "WARNING"
LOG_VERSIONS: list[str] = []
STATS_DUMP = False
DEFAULT_DROPITEM_LOG_LEVEL = "DEBUG"  # rejected articles are counted under their reason
RETRY_TIMES = 2
