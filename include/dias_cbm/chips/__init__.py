"""Image chips: small pieces of products around parcels, all dates of a band set in one stretch."""

from dias_cbm.chips.bands import BAND_SETS, CLASSES, band_set
from dias_cbm.chips.cutting import Chip, Wish, cut, cut_look, kept, key_of
from dias_cbm.chips.inside import values_inside
from dias_cbm.chips.looks import Held, Look, dates, look, newest, product
from dias_cbm.chips.picture import Format

__all__ = [
    "BAND_SETS",
    "CLASSES",
    "Chip",
    "Format",
    "Held",
    "Look",
    "Wish",
    "band_set",
    "cut",
    "cut_look",
    "dates",
    "kept",
    "key_of",
    "look",
    "newest",
    "product",
    "values_inside",
]
