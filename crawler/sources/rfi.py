"""Radio France Internationale: the sixteen editions of www.rfi.fr.

All differences between editions are data, in ``editions.toml``; how their pages are read stands in
`crawler.sources.fmm`, because the sister sites are made by the same platform.
"""

from __future__ import annotations

from crawler.sources.fmm.build import sources_of

RFI_SOURCES = sources_of("rfi")
