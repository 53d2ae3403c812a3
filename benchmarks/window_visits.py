"""Requests of the window's pages, as the client sends them: in rounds, each of them at once."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.window_images import Images
from benchmarks.window_season import NAME
from benchmarks.window_visitor import Asked

Rounds = Sequence[Sequence[Asked]]
_API = f"/api/v1/seasons/{NAME}"
_SORTS = ("list", "wrong", "area", "pid", "crop", "holding", "tile")
_KINDS = ("outlier", "red", "yellow")
#: Requests of a parcel's page once the parcel is there; chips come beside them.
_OF_PARCEL = (
    "verdict", "markers", "schemes", "gaps", "decisions", "series", "curves", "weather",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Places:
    """What there is to look at.

    :param extent: of the parcels, in degrees: west, south, east, north.
    :param crops: names; ``tiles`` likewise.
    :param listed: some parcels of the work list.
    """

    parcels: int
    extent: Sequence[float]
    crops: Sequence[str]
    tiles: Sequence[str]
    listed: Sequence[str]
    images: Images


@dataclass(slots=True)
class Visits:
    """Makes random requests."""

    places: Places
    chance: random.Random

    def season(self) -> Rounds:
        """The page of a season: the shell, the summary, then what stands below it."""
        return (
            [Asked(f"/seasons/{NAME}", headers={"Accept": "text/html"})],
            [Asked(_API)],
            [
                Asked(f"{_API}/calendar"),
                Asked(f"{_API}/gaps", {"limit": 50}),
                Asked(f"{_API}/work/groups", {"by": "kind"}),
            ],
        )

    def parcel(self) -> Rounds:
        """The page of a random parcel, without its chips."""
        number = self.chance.randrange(self.places.parcels)
        there = f"{_API}/parcels/{number}"
        rest = [Asked(f"{there}/{name}") for name in _OF_PARCEL]
        return (
            [Asked(f"/seasons/{NAME}/parcels/{number}", headers={"Accept": "text/html"})],
            [Asked(there)],
            [*rest, Asked(f"{there}/evidence", {"limit": 20})],
        )

    def peers(self) -> Asked:
        """The peers of a random parcel, which its page shows when they are asked for."""
        there = f"{_API}/parcels/{self.chance.randrange(self.places.parcels)}"
        return Asked(f"{there}/peers/band", {"distance_m": 5000})

    def tile(self, zoom: int, colour: str = "verdict") -> Asked:
        """A tile of the map at a random place."""
        west, south, east, north = self.places.extent
        x = self.chance.uniform(west, east) / 360 + 0.5
        latitude = np.radians(self.chance.uniform(south, north))
        y = 0.5 - float(np.arcsinh(np.tan(latitude))) / (2 * np.pi)
        return Asked(
            f"/tiles/{NAME}/{zoom}/{int(x * 2**zoom)}/{int(y * 2**zoom)}.mvt", {"colour": colour}
        )

    def view(self) -> Asked:
        """The list of what is in view, a tenth of the country wide."""
        west, south, east, north = self.places.extent
        wide, high = (east - west) / 10, (north - south) / 10
        left, low = self.chance.uniform(west, east - wide), self.chance.uniform(south, north - high)
        box = {"west": left, "south": low, "east": left + wide, "north": low + high}
        return Asked(f"{_API}/map/view", box | {"colour": "verdict"})

    def list_query(self) -> dict[str, Any]:
        """A random filter and order of the work list."""
        query: dict[str, Any] = {"sort": self.chance.choice(_SORTS)}
        if self.chance.random() < 0.3:
            query["backwards"] = "true"
        if self.chance.random() < 0.5:
            query["kind"] = self.chance.sample(_KINDS, self.chance.randint(1, 2))
        some = self.chance.random()
        if some < 0.3:
            query["crop"] = self.chance.choice(self.places.crops)
        elif some < 0.5:
            query["tile"] = self.chance.choice(self.places.tiles)
        elif some < 0.6:
            query["holding"] = str(self.chance.randrange(self.places.parcels // 14))
        if self.chance.random() < 0.4:
            query["decided"] = self.chance.choice(("true", "false"))
        if self.chance.random() < 0.2:
            query["assigned"] = self.chance.choice(("ida", "bo", ""))
        return query

    def work(self, query: dict[str, Any]) -> Asked:
        """A page of the work list."""
        return Asked(f"{_API}/work", {"limit": 100, **query})

    def decision(self) -> Asked:
        """What an inspector found on a parcel of the list."""
        found = {"pid": self.chance.choice(self.places.listed), "finding": "right"}
        return Asked(f"{_API}/decisions", body=found)

    def chip(self) -> Asked:
        """A random date of a random parcel whose products are there."""
        pid, scene = (self.chance.choice(some) for some in (self.places.images.pids, self._scenes))
        return Asked(f"{_API}/parcels/{pid}/chips/{scene}.webp", {"bands": "true_colour"})

    def chip_list(self) -> Asked:
        """The dates of a parcel whose products are there."""
        return Asked(f"{_API}/parcels/{self.chance.choice(self.places.images.pids)}/chips")

    @property
    def _scenes(self) -> list[int]:
        return self.places.images.scenes
