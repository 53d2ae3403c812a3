"""CARD products found in a platform's store by their names."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from contextlib import suppress
from datetime import date, datetime

from dias_cbm.cards import BY_KIND, RADAR_KINDS
from dias_cbm.catalogue.adapters.json_path import is_name
from dias_cbm.catalogue.base import Page, Skipped
from dias_cbm.days import midnight
from dias_cbm.errors import ObjectMissing
from dias_cbm.ledger import FOUND
from dias_cbm.scenes import Kind, Scene, kind_of_name, parse_name, parse_time, stem
from dias_cbm.storage import Store
from dias_cbm.storage.locations import location_of

#: Their folders in the platforms' stores, above year, month and day of sensing.
FOLDERS = {kind: location_of(BY_KIND[kind].folder) for kind in RADAR_KINDS}
_MOMENT = re.compile(r"\d{8}T\d{6}")


class StoreListing:
    """The folders of CARD products in a store, day by day.

    A name has neither footprint nor orbit: both are filled in later, from the acquisitions that
    the products were made from.
    """

    def __init__(self, platform: str, store: Store) -> None:
        self.platform = platform
        self._store = store

    def close(self) -> None:
        """Nothing to close."""

    def read(self, kinds: Collection[Kind], day: date) -> Page:
        """The products in the folders of a day.

        :param day: of sensing.
        :raises StoreError: the store does not answer.
        """
        page = Page()
        for kind in kinds:
            folder = f"{FOLDERS[kind]}/{day:%Y/%m/%d}"
            for name in self._products(folder):
                location = f"{folder}/{name}"
                if not is_name(location):
                    shown = ascii(name)[:100]
                    page.skipped.append(Skipped(folder, shown, "not a name that can be kept"))
                elif kind_of_name(name) is kind:
                    page.scenes.append(_scene(self.platform, location, stem(name), kind, day))
                else:
                    page.skipped.append(Skipped(location, name, f"not the name of a {kind}"))
        return page

    def _products(self, folder: str) -> list[str]:
        try:
            found = self._store.list(folder)
        except ObjectMissing:  # a day without any
            return []
        inside = [location.removeprefix(f"{folder}/") for location in found]
        return list(dict.fromkeys(name.partition("/")[0] for name in inside))


def _moments(name: str) -> Iterator[datetime]:
    for text in _MOMENT.findall(name):
        with suppress(ValueError):  # digits that are not a time
            yield parse_time(text)


def _scene(platform: str, location: str, name: str, kind: Kind, day: date) -> Scene:
    moments = list(_moments(name))
    start = next((moment for moment in moments if moment.date() == day), None)
    # The end of a coherence product is known only from its acquisition.
    end = moments[1] if kind is Kind.CARD_BS and len(moments) > 1 else start
    unknown = midnight(day)
    return Scene(
        platform=platform,
        product_id=f"{FOUND}{location}",
        name=name,
        kind=kind,
        satellite=parse_name(name).get("satellite", "S1"),
        start=start or unknown,
        end=end or unknown,
        location=location,
        online=True,
    )
