"""Band sets: the bands a chip shows, and the one stretch by which all dates show them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dias_cbm.cards import Card
from dias_cbm.errors import ChipError


@dataclass(frozen=True, slots=True)
class Channel:
    """One colour of a picture.

    :param bands: the band that it shows; of two, the first divided by the second.
    :param low: value that is black.
    :param high: value that is brightest.
    :param decibel: whether the limits are in dB, and so the values.
    """

    bands: tuple[str, ...]
    low: float
    high: float
    decibel: bool = False


@dataclass(frozen=True, slots=True)
class BandSet:
    """What a picture shows: red, green and blue, or one channel as grey."""

    name: str
    title: str
    cards: tuple[Card, ...]
    channels: tuple[Channel, ...]

    @property
    def bands(self) -> tuple[str, ...]:
        """All bands that it needs, each once."""
        return tuple(dict.fromkeys(name for one in self.channels for name in one.bands))


#: The band of Sentinel-2's scene classes, 0 to 11.
CLASSES = "SCL"
_OPTICAL = (Card.S2,)
_BACKSCATTER = (Card.BS,)
_COHERENCE = (Card.C6, Card.C12)


def _reflectance(band: str) -> Channel:
    """Visible light reaches 0.3 over bright soil, the infrared 0.5 over dense crops."""
    return Channel((band,), 0.0, 0.3 if band in ("B01", "B02", "B03", "B04", "B05") else 0.5)


#: Gamma0 of fields: from smooth soil to a dense crop; VH is some 7 dB below VV.
_VV = Channel(("VV",), -20.0, -2.0, decibel=True)
_VH = Channel(("VH",), -27.0, -9.0, decibel=True)

#: The band sets by name; the first of a card is its default.
BAND_SETS: Mapping[str, BandSet] = {
    one.name: one
    for one in (
        BandSet(
            "true_colour",
            "true colour (B04, B03, B02)",
            _OPTICAL,
            (_reflectance("B04"), _reflectance("B03"), _reflectance("B02")),
        ),
        BandSet(
            "false_colour",
            "false colour (B08, B11, B04)",
            _OPTICAL,
            (_reflectance("B08"), _reflectance("B11"), _reflectance("B04")),
        ),
        BandSet(
            "backscatter",
            "backscatter in dB (VV, VH, VV/VH)",
            _BACKSCATTER,
            (_VV, _VH, Channel(("VV", "VH"), 2.0, 14.0, decibel=True)),
        ),
        BandSet("coherence", "coherence (VV)", _COHERENCE, (Channel(("VV",), 0.0, 1.0),)),
    )
}


def band_set(card: Card, name: str | None = None) -> BandSet:
    """The band set of that name for a card; its default without a name.

    The name of a single band makes a grey picture of it, three of them with ``_`` between them a
    coloured one, e.g. ``B08_B04_B03``.

    :raises ChipError: there is none for the card.
    """
    of_card = [one for one in BAND_SETS.values() if card in one.cards]
    if name is None:
        return of_card[0]
    for one in of_card:
        if one.name == name:
            return one
    channels = [_single(card, band) for band in name.split("_")]
    known = tuple(one for one in channels if one is not None)
    if len(known) != len(channels) or len(known) not in (1, 3):
        raise ChipError(
            f"{card} products have no such bands",
            subject=name,
            hint=f"known are {', '.join(one.name for one in of_card)}, one band, or three",
        )
    return BandSet(name, name, (card,), known)


def _single(card: Card, band: str) -> Channel | None:
    if card is Card.S2:
        if band == CLASSES:
            return Channel((CLASSES,), 0.0, 11.0)
        known = {f"B{number:02}" for number in range(1, 13) if number != 10} | {"B8A"}
        return _reflectance(band) if band in known else None
    if band not in ("VV", "VH", "HH", "HV"):
        return None
    if card is not Card.BS:
        return Channel((band,), 0.0, 1.0)
    like = _VV if band in ("VV", "HH") else _VH
    return Channel((band,), like.low, like.high, decibel=True)
