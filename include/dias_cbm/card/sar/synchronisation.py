"""Synchronisation of a pair: how far apart its bursts begin, and the band left in common."""

from __future__ import annotations

from typing import Any

from dias_cbm.card.sar.coregistered_burst import band_of, is_filtered
from dias_cbm.card.sar.pair import SlcPair
from dias_cbm.card.sar.safe import Safe
from dias_cbm.errors import Unsynchronised


def synchronisation(pair: SlcPair, products: tuple[Safe, Safe], least: float) -> dict[str, Any]:
    """What the bursts of a pair have in common, for the product's provenance.

    :param least: share of the azimuth band that every burst must have in common with its partner.
    :returns: by swath the mean offset in ms, positive where the secondary's bursts begin later over
        the same ground, and the least common share; and how many bursts are filtered to it.
    :raises Unsynchronised: a burst has less in common.
    """
    bands = {
        swath.reference.annotation.swath: [band_of(swath, bursts) for bursts in swath.bursts]
        for swath in pair.swaths
    }
    every = [band for of_swath in bands.values() for band in of_swath]
    worst = min(every, key=lambda band: band.share)
    if worst.share < least:
        reference, secondary = products
        when = "later" if worst.offset > 0 else "earlier"
        raise Unsynchronised(
            f"begins its bursts {abs(worst.offset) * 1e3:.0f} ms {when} over the ground than"
            f" {reference.name}: {worst.share:.0%} of the azimuth band in common,"
            f" {least:.0%} needed",
            subject=secondary.root,
            hint="see the setting card.c6_common_band",
        )
    return {
        "burst_offset_ms": {
            swath: round(sum(band.offset for band in of_swath) / len(of_swath) * 1e3, 2)
            for swath, of_swath in bands.items()
        },
        "common_band": {
            swath: round(min(band.share for band in of_swath), 4)
            for swath, of_swath in bands.items()
        },
        "common_band_needed": least,
        "bursts_filtered": sum(map(is_filtered, every)),
    }
