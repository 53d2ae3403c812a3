"""Writing CARD products in the platforms' layouts, and as cloud-optimised GeoTIFF."""

from cbm.card.writers.base import ProductWriter
from cbm.card.writers.dimap import DimapWriter
from cbm.card.writers.geotiff import GeoTiffWriter

__all__ = ["DimapWriter", "GeoTiffWriter", "ProductWriter"]
