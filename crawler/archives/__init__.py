"""Where kept bytes come from: seed files, saved pages, WARC files; one module each."""
