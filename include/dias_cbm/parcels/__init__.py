"""Declared parcels: loading and validating their files, home tiles, blocks."""
