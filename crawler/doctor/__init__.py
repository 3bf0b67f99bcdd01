"""Is everything as it must be for crawls to run for months? Each check says what it found and what to do.

`crawler.doctor.examination.examine` asks all of them. A check changes nothing, except that a robots.txt that was
fetched is kept for the next run, and that a host that was asked is not asked again before its time.
"""
