"""Sentinel-1 Level-1 products read and geocoded without any other processor."""
