"""Spiders: which page next. There is one, and it knows no site."""
