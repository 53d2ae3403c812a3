"""Names of products: what an acquisition's says of it, and what a product to be made gets."""

from __future__ import annotations

from dias_cbm.cards import CARDS, Card
from dias_cbm.scenes import parse_name, stem

#: Polarisations by the letters of a Sentinel-1 name, the co-polarised one first.
_POLARISATIONS = {"DV": ("VV", "VH"), "SV": ("VV",), "DH": ("HH", "HV"), "SH": ("HH",)}


def acquired_polarisations(name: str) -> tuple[str, ...] | None:
    """The polarisations of a Sentinel-1 acquisition by its name; None if that does not tell.

    The co-polarised one is first, as in the platforms' products.
    """
    return _POLARISATIONS.get(parse_name(name).get("polarisation", ""))


def reference_of(card: Card, source: str, secondary: str | None = None) -> str:
    """The name in the ledger of a product that is to be made.

    A CARD-BS has this name everywhere. The names of the others say what they are made from; the
    engine names the product itself as the platforms do.

    :param source: name of the acquisition, of a pair the later one.
    """
    name = stem(source)
    if card is Card.BS:
        return f"{name}_CARD_BS"
    if card is Card.S2:
        return name.replace("_MSIL1C_", "_MSIL2A_", 1)
    fields, earlier = parse_name(name), parse_name(secondary or "")
    return (
        f"{fields['satellite']}_{fields['start']}_{earlier['start']}"
        f"_{fields['abs_orbit']}_{earlier['abs_orbit']}_{CARDS[card].label}"
    )
