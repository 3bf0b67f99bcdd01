"""Backfills: past windows cut into slices, and what of a listing of the past is worth a fetch."""
