"""Decoding zlib's deflate, where a raster's tiles are mostly literals, faster than one by one."""

from dias_cbm.inflate.inflater import Inflater

__all__ = ["Inflater"]
