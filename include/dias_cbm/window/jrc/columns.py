"""Answers as objects of columns, and the names that JRC's clients have for bands and flags."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import HTTPException, status

from dias_cbm.scenes import Card

Columns = dict[str, list[Any]]
#: Digital numbers of a reflectance of 1; JRC's clients expect optical bands in them.
DN = 10_000.0
_SUFFIX = {"b": Card.BS, "c": Card.C6}


def columns(rows: Sequence[Any], names: Sequence[str]) -> Columns:
    """Rows as columns; without rows they are empty."""
    return {name: [getattr(row, name) for row in rows] for name in names}


def refused(problem: str) -> HTTPException:
    """The answer to a call that cannot be understood."""
    return HTTPException(status.HTTP_400_BAD_REQUEST, problem)


def flag(text: str | None, default: bool = False) -> bool:
    """A flag, which is ``True`` or ``False`` in any case of letters."""
    return default if text is None else text.strip().lower() in ("true", "1")


def band_name(card: str, band: str) -> str:
    """A band as JRC's clients know it: ``VVb`` of backscatter, ``VVc`` of coherence."""
    return band + {Card.BS: "b", Card.C6: "c", Card.C12: "c"}.get(Card(card), "")


def band_of(name: str, card: Card | None = None) -> tuple[Card, str, float]:
    """Card and band of a name of JRC's clients, and how many of their units are one of ours.

    :param card: that the band must have; None: the one in its name, backscatter for ``VV``.
    :raises HTTPException: 400: there is no such band.
    """
    if name[:2] in ("VV", "VH", "HH", "HV") and len(name) <= 3:
        found = _SUFFIX.get(name[2:], card or Card.BS)
        if card is Card.C12 and found is Card.C6:
            found = Card.C12
        if (name[2:] and name[2:] not in _SUFFIX) or (card is not None and found is not card):
            raise refused(f"band: {card or 'radar'} has no {name}")
        return found, name[:2], 1.0
    if card not in (None, Card.S2) or not name.isascii() or not name.isalnum() or len(name) > 12:
        raise refused("band: e.g. B08, VVb or VHc")
    return Card.S2, name, DN if name.startswith("B") else 1.0
