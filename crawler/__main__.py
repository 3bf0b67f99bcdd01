"""``python -m crawler`` is ``newscrawl``."""

from crawler.cli import main

if __name__ == "__main__":
    main()
