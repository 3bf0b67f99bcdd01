"""Notices, while a run goes on, that the pages of a source are no longer read as they were.

`signs` says what one reading shows, `sequential` adds evidence up, `baseline` learns what is usual for one template and
notices a break, `watch` does it for all templates of a run and says what is to be held back. All are pure; what was
learnt is kept in the database by `crawler.runs`.
"""
