"""Scenes that a catalogue lists for the days of a backfill."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, date, datetime, time, timedelta

from dias_cbm.catalogue import Query, open_catalogue
from dias_cbm.config.settings import settings
from dias_cbm.scenes import KIND_OF_CARD, Card, Scene
from dias_cbm.seasons import Season


def listed(season: Season, card: Card, first: date, last: date) -> list[Scene]:
    """CARD products that the main platform lists now; writes nothing.

    :param last: last day of observation, included.
    :raises CatalogueError: its answer is missing or incomplete.
    """
    query = Query(
        (KIND_OF_CARD[card],),
        season.area,
        datetime.combine(first, time(), UTC),
        datetime.combine(last + timedelta(days=1), time(), UTC),
    )
    with closing(open_catalogue(settings().platform)) as catalogue:
        return [scene for page in catalogue.search(query) for scene in page.scenes]
