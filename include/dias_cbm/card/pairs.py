"""Which two acquisitions make a coherence pair."""

from __future__ import annotations

from datetime import timedelta

from dias_cbm.errors import PairError
from dias_cbm.scenes import Kind, kind_of_name, parse_name, parse_time, relative_orbit

#: Time between the acquisitions of a pair, and the product that it makes.
PAIR_TIMES = {
    Kind.CARD_COH6: timedelta(days=6),
    Kind.CARD_COH12: timedelta(days=12),
}

#: The longest of them, and some.
LONGEST_PAIR = timedelta(days=13)

#: How far from that they may be: slices begin at other places along the orbit from pass to pass.
TOLERANCE = timedelta(hours=1)


def check_pair(reference: str, secondary: str) -> Kind:
    """The product that two acquisitions make, by their names.

    :param reference: the later one.
    :returns: ``CARD_COH6`` or ``CARD_COH12``.
    :raises PairError: not two SLC, not six or twelve days apart, or of different relative orbits,
        modes or polarisations.
    """
    both = f"{reference} and {secondary}"
    for name in (reference, secondary):
        if kind_of_name(name) is not Kind.S1_SLC:
            raise PairError("is no SLC of the wide swath mode", subject=name)
    one, other = parse_name(reference), parse_name(secondary)
    apart = parse_time(one["start"]) - parse_time(other["start"])
    kind = next((k for k, days in PAIR_TIMES.items() if abs(apart - days) <= TOLERANCE), None)
    if kind is None:
        days = apart / timedelta(days=1)
        raise PairError(
            f"are {days:.2f} days apart, not 6 or 12",
            subject=both,
            hint="the reference is the later one" if days < 0 else None,
        )
    orbits = [relative_orbit(name["satellite"], int(name["abs_orbit"])) for name in (one, other)]
    if None not in orbits and orbits[0] != orbits[1]:
        raise PairError(f"are of the relative orbits {orbits[0]} and {orbits[1]}", subject=both)
    if not _shared_polarisation(one["polarisation"], other["polarisation"]):
        raise PairError("share no polarisation", subject=both)
    return kind


def _shared_polarisation(one: str, other: str) -> bool:
    """Whether e.g. ``DV`` (VV and VH) and ``SV`` (VV) have one in common."""
    return one[1] == other[1]
