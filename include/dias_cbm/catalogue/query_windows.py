"""Halving of windows that hold more than a catalogue will list, until every part can be read."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import timedelta

from dias_cbm.catalogue.base import Page, Query
from dias_cbm.errors import TooManyResults

log = logging.getLogger(__name__)

SMALLEST = timedelta(seconds=1)


class Seen:
    """Remembers entries: halves repeat what the whole window has listed, and pages may shift.

    Skipped entries are remembered separately, as another search may ask for just these.
    """

    def __init__(self) -> None:
        self._listed: set[str] = set()
        self._skipped: set[str] = set()

    def fresh(self, page: Page) -> Page:
        """The page without the entries met before."""
        return Page(
            [scene for scene in page.scenes if _add(self._listed, scene.product_id)],
            [entry for entry in page.quarantined if _add(self._listed, entry.scene.product_id)],
            [entry for entry in page.skipped if _add(self._skipped, entry.product_id)],
        )


def _add(known: set[str], product_id: str) -> bool:
    """Remember an id; False if it was known."""
    if product_id in known:
        return False
    known.add(product_id)
    return True


def complete(
    read: Callable[[Query], Iterator[Page]],
    query: Query,
    *,
    seen: Seen | None = None,
    smallest: timedelta = SMALLEST,
) -> Iterator[Page]:
    """Pages of a query, each entry once, whatever the limits of the catalogue.

    :param read: lists one window; raises :class:`TooManyResults` when there is more than it can
        reach, after any number of pages.
    :param seen: what related searches have yielded already; it is extended.
    :param smallest: a window of this length or shorter is not halved again.
    :raises TooManyResults: even the smallest window holds more than the platform lists.
    """
    seen = Seen() if seen is None else seen
    waiting = [query]
    while waiting:
        window = waiting.pop()
        try:
            for page in read(window):
                yield seen.fresh(page)
        except TooManyResults:
            if window.end - window.start <= smallest:
                raise
            log.info("%s .. %s holds too much for one query; halved", window.start, window.end)
            earlier, later = window.halves()
            waiting += [later, earlier]
