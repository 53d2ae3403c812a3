"""Writing CARD products in the platforms' layouts, and as cloud-optimised GeoTIFF."""

from dias_cbm.products.writers.base import ProductWriter
from dias_cbm.products.writers.dimap import DimapWriter
from dias_cbm.products.writers.geotiff import GeoTiffWriter

__all__ = ["DimapWriter", "GeoTiffWriter", "ProductWriter"]
