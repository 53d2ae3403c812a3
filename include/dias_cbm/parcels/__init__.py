"""Declared parcels: load and validate their files, assign home tiles, cut blocks."""
