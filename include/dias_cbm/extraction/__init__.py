"""Extraction: per-parcel statistics of rasters, streamed and written in blocks."""
