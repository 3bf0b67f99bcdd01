"""RFI's sister sites on the same platform: France 24, The Observers, Monte Carlo Doualiya. All by data."""

from __future__ import annotations

from crawler.sources.fmm.build import sources_of

SISTER_SOURCES = sources_of("france24", "observers", "doualiya")
