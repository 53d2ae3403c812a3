"""Coherence pairs: which two acquisitions belong together."""

from __future__ import annotations

from datetime import timedelta

from dias_cbm.cards import KIND_OF_CARD, PAIR_OF_CARD, PAIR_TOLERANCE
from dias_cbm.errors import PairError
from dias_cbm.scenes import Kind, kind_of_name, parse_name, parse_time, relative_orbit


def check_pair(reference: str, secondary: str) -> Kind:
    """The kind of product that two acquisitions make, from their names.

    :param reference: the later one.
    :returns: ``CARD_COH6`` or ``CARD_COH12``.
    :raises PairError: not two SLC, not six or twelve days apart, or of different relative orbits,
        modes or polarisations.
    """
    both = f"{reference} and {secondary}"
    for name in (reference, secondary):
        if kind_of_name(name) is not Kind.S1_SLC:
            raise PairError("is not an SLC of the wide swath mode", subject=name)
    one, other = parse_name(reference), parse_name(secondary)
    apart = parse_time(one["start"]) - parse_time(other["start"])
    card = next(
        (c for c, pair in PAIR_OF_CARD.items() if abs(apart - pair) <= PAIR_TOLERANCE), None
    )
    if card is None:
        days = apart / timedelta(days=1)
        allowed = " or ".join(str(pair.days) for pair in PAIR_OF_CARD.values())
        raise PairError(
            f"are {days:.2f} days apart, not {allowed}",
            subject=both,
            hint="the reference is the later one" if days < 0 else None,
        )
    orbits = [relative_orbit(name["satellite"], int(name["abs_orbit"])) for name in (one, other)]
    if None not in orbits and orbits[0] != orbits[1]:
        raise PairError(f"have relative orbits {orbits[0]} and {orbits[1]}", subject=both)
    if not share_polarisation(reference, secondary):
        raise PairError("share no polarisation", subject=both)
    return KIND_OF_CARD[card]


def share_polarisation(reference: str, secondary: str) -> bool:
    """Whether two acquisitions have a polarisation in common, by their names.

    Modes ``DV`` (VV and VH) and ``SV`` (VV) have one, ``DV`` and ``DH`` do not. Names that do not
    have the mode are taken to share one.
    """
    one, other = (parse_name(name).get("polarisation") for name in (reference, secondary))
    return one is None or other is None or one[1] == other[1]
