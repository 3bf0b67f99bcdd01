"""The words the local site prints around articles, by language.

Only what a reader of pages may trip over: labels, advertisements, promotions. Invented in the manner of the real ones.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Labels of one language."""

    home: str
    skip_to_main: str
    published: str
    by: str
    minutes: str
    reading_time: str
    advertisement: str
    report_advertisement: str
    continue_reading: str
    newsletter_title: str
    newsletter: str
    subscribe: str
    app: str
    share: str
    same_topic: str
    other_news: str
    more_on_topics: str
    live: str
    wire: str
    next_page: str
    previous_page: str
    not_found: str


_CHINESE = Words(
    home="回到首页",
    skip_to_main="访问主要内容",
    published="发表时间：",
    by="作者：",
    minutes="分钟",
    reading_time="浏览时间",
    advertisement="广告",
    report_advertisement="举报广告",
    continue_reading="继续浏览后续",
    newsletter_title="电邮新闻",
    newsletter="每日要闻直送您的信箱",
    subscribe="订阅",
    app="安装应用程序，随时阅读新闻",
    share="分享 :",
    same_topic="同一主题",
    other_news="其他新闻",
    more_on_topics="继续阅读相同主题内容:",
    live="滚动新闻",
    wire="法新社",
    next_page="下一页",
    previous_page="上一页",
    not_found="您要找的网页不存在",
)
_TRADITIONAL = Words(
    home="回到首頁",
    skip_to_main="訪問主要內容",
    published="發表時間：",
    by="作者：",
    minutes="分鐘",
    reading_time="瀏覽時間",
    advertisement="廣告",
    report_advertisement="舉報廣告",
    continue_reading="繼續瀏覽後續",
    newsletter_title="電郵新聞",
    newsletter="每日要聞直送您的信箱",
    subscribe="訂閱",
    app="安裝應用程式，隨時閱讀新聞",
    share="分享 :",
    same_topic="同一主題",
    other_news="其他新聞",
    more_on_topics="繼續閱讀相同主題內容:",
    live="滾動新聞",
    wire="法新社",
    next_page="下一頁",
    previous_page="上一頁",
    not_found="您要找的網頁不存在",
)
_FRENCH = Words(
    home="Retour à l’accueil",
    skip_to_main="Aller au contenu principal",
    published="Publié le :",
    by="Par :",
    minutes="min",
    reading_time="Temps de lecture",
    advertisement="Publicité",
    report_advertisement="Signaler une publicité",
    continue_reading="Lire la suite",
    newsletter_title="Newsletter",
    newsletter="L’essentiel chaque matin dans votre boîte mail",
    subscribe="Je m’abonne",
    app="L’actualité en une application",
    share="Partager :",
    same_topic="Sur le même sujet",
    other_news="Autres articles",
    more_on_topics="Continuez à lire sur les mêmes thèmes :",
    live="Fil info",
    wire="AFP",
    next_page="Page suivante",
    previous_page="Page précédente",
    not_found="La page que vous cherchez n’existe pas",
)
_ENGLISH = Words(
    home="Back to home",
    skip_to_main="Skip to main content",
    published="Issued on:",
    by="By:",
    minutes="min",
    reading_time="Reading time",
    advertisement="Advertising",
    report_advertisement="Report this advertisement",
    continue_reading="Read more",
    newsletter_title="Newsletter",
    newsletter="The news of the day in your mailbox every morning",
    subscribe="Subscribe",
    app="The news in one application",
    share="Share :",
    same_topic="On the same topic",
    other_news="Other articles",
    more_on_topics="Keep reading on the same topics:",
    live="Newsfeed",
    wire="AFP",
    next_page="Next page",
    previous_page="Previous page",
    not_found="The page you are looking for does not exist",
)

_BY_LANGUAGE = {"zh-Hans": _CHINESE, "zh-Hant": _TRADITIONAL, "fr": _FRENCH}


def words_of(language: str) -> Words:
    """Return the labels of a language (BCP 47); English where there are none of its own."""
    return _BY_LANGUAGE.get(language, _ENGLISH)
