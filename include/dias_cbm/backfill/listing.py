"""Scenes that a catalogue lists for the days of a backfill."""

from __future__ import annotations

from contextlib import closing
from datetime import date

from dias_cbm.cards import LONGEST_PAIR, PAIR_OF_CARD, SOURCE_OF_CARD
from dias_cbm.catalogue import Query, open_catalogue
from dias_cbm.config.settings import settings
from dias_cbm.days import day_bounds
from dias_cbm.scenes import KIND_OF_CARD, Card, Scene
from dias_cbm.seasons import Season


def listed(season: Season, card: Card, first: date, last: date) -> list[Scene]:
    """CARD products that the main platform lists now, and acquisitions that they are made from.

    Where products are made of pairs, both begin a pair's time earlier. Writes nothing.

    :param last: last day of observation, included.
    :raises CatalogueError: its answer is missing or incomplete.
    """
    start, end = day_bounds(first, last)
    if card in PAIR_OF_CARD:
        start -= LONGEST_PAIR
    query = Query((KIND_OF_CARD[card], SOURCE_OF_CARD[card]), season.area, start, end)
    with closing(open_catalogue(settings().platform)) as catalogue:
        return [scene for page in catalogue.search(query) for scene in page.scenes]
