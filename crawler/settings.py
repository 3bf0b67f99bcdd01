"""The switchboard: plugs our parts into Scrapy, as classes, and sets politeness and safety.

`crawler.runs` adds what one run is given (plan, database, delays); nothing here reads the environment.
"""

from crawler import __version__
from crawler.frontier import FrontierScheduler
from crawler.middlewares.answers import AnswerMiddleware
from crawler.middlewares.clock import FetchedAtMiddleware
from crawler.middlewares.compression import CompressionMiddleware
from crawler.middlewares.guard import GuardMiddleware
from crawler.middlewares.hosts import HostMiddleware
from crawler.middlewares.record import RecordMiddleware
from crawler.middlewares.robots import RobotsMiddleware
from crawler.middlewares.web import WebDownloadHandler
from crawler.pipelines import DeduplicatePipeline, NormalizePipeline, StorePipeline, WatchPipeline
from crawler.robots_rules import PRODUCT_TOKEN

BOT_NAME = "newscrawl"
SPIDER_MODULES = ["crawler.spiders"]
ADDONS: dict[str, int] = {}

# --- the road ---
ITEM_PIPELINES = {WatchPipeline: 50, NormalizePipeline: 100, DeduplicatePipeline: 200, StorePipeline: 300}
SCHEDULER = FrontierScheduler

# --- politeness ---
USER_AGENT = f"newscrawl/{__version__}"  # crawler.runs adds the contact
ROBOTSTXT_OBEY = False  # by Scrapy; RobotsMiddleware obeys it, and remembers it over restarts
ROBOTSTXT_USER_AGENT = PRODUCT_TOKEN  # what the groups of a robots.txt are matched against
HOST_DELAY_SECONDS = 1.0  # between requests to one host, for all runs together; a patient reader's pace
DOWNLOAD_DELAY = 0  # HostMiddleware keeps the delay: Scrapy's would be forgotten by a restart
RANDOMIZE_DOWNLOAD_DELAY = False
CONCURRENT_REQUESTS = 8
CONCURRENT_REQUESTS_PER_DOMAIN = 8
RETRY_ENABLED = False  # a URL to be tried again waits in the frontier, where a restart does not forget it
COOKIES_ENABLED = False  # articles need no session, and cookies would travel between hosts

# --- safety ---
DOWNLOAD_VERIFY_CERTIFICATES = True  # Scrapy's default is not to
DOWNLOAD_HANDLERS = {  # http and https only
    "http": WebDownloadHandler,
    "https": WebDownloadHandler,
    "data": None,
    "file": None,
    "s3": None,
    "ftp": None,
}
DOWNLOAD_WARNSIZE = 0  # the limit itself (crawler.config) is the word on size
REMOTE_CONTROL_ENABLED = False  # Scrapy 2.19 listens by default
TELNETCONSOLE_ENABLED = False
METAREFRESH_ENABLED = False  # a page that refreshes itself elsewhere is not the article
HTTPPROXY_ENABLED = True

# --- speed: measured in docs/performance.md ---
CONCURRENT_ITEMS = 1  # Scrapy starts that many tasks for every response; a page gives one article
# Of what Scrapy brings along, what we use: it would import the rest even to leave it out, for a quarter of a second and
# 13 MB at every start. The switches above are a second lock, should a part come back.
EXTENSIONS_BASE = {
    "scrapy.extensions.corestats.CoreStats": 0,
    "scrapy.extensions.logcount.LogCount": 0,
    "scrapy.extensions.logstats.LogStats": 0,
}
DOWNLOADER_MIDDLEWARES_BASE = {
    "scrapy.downloadermiddlewares.defaultheaders.DefaultHeadersMiddleware": 400,
    "scrapy.downloadermiddlewares.useragent.UserAgentMiddleware": 500,
    "scrapy.downloadermiddlewares.redirect.RedirectMiddleware": 600,
    "scrapy.downloadermiddlewares.httpproxy.HttpProxyMiddleware": 750,
}
SPIDER_MIDDLEWARES_BASE = {
    "scrapy.spidermiddlewares.httperror.HttpErrorMiddleware": 50,
}
DOWNLOADER_MIDDLEWARES = {
    GuardMiddleware: 50,
    RobotsMiddleware: 100,
    AnswerMiddleware: 580,
    CompressionMiddleware: 590,
    HostMiddleware: 890,
    RecordMiddleware: 893,
    FetchedAtMiddleware: 895,
}

# --- quiet: the run's own report speaks; --verbose shows Scrapy's log ---
LOG_INSTALL_ROOT_HANDLER = False
LOG_LEVEL = "WARNING"
LOG_VERSIONS: list[str] = []
STATS_DUMP = False
DEFAULT_DROPITEM_LOG_LEVEL = "DEBUG"  # rejected articles are counted under their reason
