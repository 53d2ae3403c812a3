"""CARD products: one table with a row for each, holding everything in which they differ.

All code reads the properties of a card from here; adding a card means adding a row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Card(StrEnum):
    """A CARD product family, as the ``card`` column of the ledger has it."""

    BS = "bs"
    C6 = "c6"
    C12 = "c12"
    S2 = "s2"

    @property
    def family(self) -> Card:
        """The card whose engines and settings it shares: 12-day pairs are made like 6-day ones."""
        return CARDS[self].family


class Kind(StrEnum):
    """Kinds of catalogue entries: level-1 acquisitions and CARD products."""

    S1_GRD = "S1_GRD"
    S1_SLC = "S1_SLC"
    S2_L1C = "S2_L1C"
    S2_L2A = "S2_L2A"
    CARD_BS = "CARD_BS"
    CARD_COH6 = "CARD_COH6"
    CARD_COH12 = "CARD_COH12"

    @property
    def card(self) -> Card | None:
        """The CARD family of this kind; None for a level-1 acquisition."""
        return _CARD_OF_KIND.get(self)

    @property
    def sensor(self) -> str:
        """``S1`` or ``S2``."""
        return "S2" if self in (Kind.S2_L1C, Kind.S2_L2A) else "S1"


@dataclass(frozen=True, slots=True)
class CardProduct:
    """The properties of one card.

    :param label: its name outside this system.
    :param kind: of its entries in the ledger.
    :param source: the level-1 kind that it is made from.
    :param product_type: its type in most catalogues.
    :param other_types: further types that order services may use for it.
    :param folder: of its products in a store, above year, month and day of sensing.
    :param family: the card whose engines and settings it shares.
    :param values: lowest and highest physical value that a pixel may have.
    :param pair: time between the two acquisitions that it is made from; None for a single one.
    """

    label: str
    kind: Kind
    source: Kind
    product_type: str
    folder: str
    family: Card
    values: tuple[float, float]
    other_types: tuple[str, ...] = ()
    pair: timedelta | None = None


CARDS: Mapping[Card, CardProduct] = {
    Card.BS: CardProduct(
        label="CARD-BS",
        kind=Kind.CARD_BS,
        source=Kind.S1_GRD,
        product_type="CARD-BS",
        folder="Sentinel-1/SAR/CARD-BS",
        family=Card.BS,
        # Gamma0 of noise may be below 0 once the noise is removed; a corner reflector far above 1.
        values=(-1.0, 1e5),
    ),
    Card.C6: CardProduct(
        label="CARD-COH6",
        kind=Kind.CARD_COH6,
        source=Kind.S1_SLC,
        product_type="CARD-COH6",
        folder="Sentinel-1/SAR/CARD-COH6",
        family=Card.C6,
        values=(0.0, 1.0),
        pair=timedelta(days=6),
    ),
    Card.C12: CardProduct(
        label="CARD-COH12",
        kind=Kind.CARD_COH12,
        source=Kind.S1_SLC,
        product_type="CARD-COH12",
        folder="Sentinel-1/SAR/CARD-COH12",
        family=Card.C6,
        values=(0.0, 1.0),
        pair=timedelta(days=12),
    ),
    Card.S2: CardProduct(
        label="CARD-2A",
        kind=Kind.S2_L2A,
        source=Kind.S2_L1C,
        product_type="S2MSI2A",
        other_types=("S2MSIL2A", "L2A"),
        folder="Sentinel-2/MSI/L2A",
        family=Card.S2,
        # Reflectance is stored with an offset.
        values=(-0.2, 6.6),
    ),
}

_CARD_OF_KIND: Mapping[Kind, Card] = {row.kind: card for card, row in CARDS.items()}

#: The table's rows by kind.
BY_KIND: Mapping[Kind, CardProduct] = {row.kind: row for row in CARDS.values()}

KIND_OF_CARD: Mapping[Card, Kind] = {card: row.kind for card, row in CARDS.items()}

#: The level-1 kind that a CARD product is made from.
SOURCE_OF_CARD: Mapping[Card, Kind] = {card: row.source for card, row in CARDS.items()}

#: Time between the two acquisitions of a pair, of the cards that are made from one.
PAIR_OF_CARD: Mapping[Card, timedelta] = {
    card: row.pair for card, row in CARDS.items() if row.pair is not None
}

#: The longest of them plus a margin: slice boundaries along the orbit vary from pass to pass.
LONGEST_PAIR = max(PAIR_OF_CARD.values()) + timedelta(days=1)

#: How far the time between two acquisitions may differ from a pair's: slices begin at different
#: places along the orbit from pass to pass.
PAIR_TOLERANCE = timedelta(hours=1)

#: CARD products of Sentinel-1: bands are named by polarisation, rasters are read by ranges.
RADAR_KINDS = frozenset(row.kind for row in CARDS.values() if row.kind.sensor == "S1")

#: CARD products that are made from a pair.
PAIR_KINDS = frozenset(KIND_OF_CARD[card] for card in PAIR_OF_CARD)

#: Time between two passes of one satellite over the same ground, by sensor.
REPEAT_CYCLE: Mapping[str, timedelta] = {"S1": timedelta(days=12), "S2": timedelta(days=10)}
