"""Fetching, one concern a file."""
