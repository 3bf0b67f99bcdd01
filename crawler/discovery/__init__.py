"""Listings made for machines: feeds, sitemaps, news maps become a `crawler.items.Listing`.

Pure functions of (bytes, url). Which channels a source has is data of the source; listings made for people, day
archives among them, are read by the source itself.
"""

from crawler.discovery.reading import read_made_for_machines

__all__ = ["read_made_for_machines"]
