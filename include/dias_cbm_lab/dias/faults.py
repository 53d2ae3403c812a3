"""Faults of the local DIAS: permanent for some products, random for requests.

They are configured by a file; while ``FILE.calm`` exists beside it, there are no random faults.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import wraps
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from dias_cbm.errors import SettingsError
from dias_cbm.scenes import Card, Cause, Kind, kind_of_name

Handler = Callable[[Request], Awaitable[Response]]

#: Longer than the demo's client waits for a reply.
HANG_S = 8.0


class Fault(StrEnum):
    """Random faults of a reply."""

    BUSY = "429, come back later"
    FAILING = "500, server error"
    HANG = "no reply"
    TRUNCATED = "broken off"
    SCHEMA = "other schema"
    REPEATED = "entry listed twice"


#: Share of replies with each fault.
CATALOGUE: Mapping[Fault, float] = {
    Fault.BUSY: 0.04,
    Fault.FAILING: 0.05,
    Fault.HANG: 0.03,
    Fault.TRUNCATED: 0.04,
    Fault.SCHEMA: 0.02,
    Fault.REPEATED: 0.10,
}
STORE: Mapping[Fault, float] = {
    Fault.BUSY: 0.03,
    Fault.FAILING: 0.04,
    Fault.HANG: 0.02,
    Fault.TRUNCATED: 0.04,
}


@dataclass(frozen=True, slots=True)
class Planted:
    """Products, by name, with permanent faults.

    :param lost: listed, but not in the store.
    :param unindexed: listed without its footprint.
    :param unpublished: never listed, though its acquisitions are.
    :param away: the store fails for it until the season is over and some days have passed.
    """

    seed: int
    lost: str
    unindexed: str
    unpublished: str
    away: str


def choose(folder: Path, seed: int) -> Planted:
    """Choose products for these faults among those of a season without planted ones.

    :param folder: of the season.
    :raises SettingsError: it is too short.
    """
    truth = json.loads((folder / "truth.json").read_text())
    # No fault but a failed orbit touches coherence, and then it is a gap.
    befallen = [*((Card.BS, fault) for fault in truth["faults"].values())]
    befallen += [(Card.S2, fault) for _, fault in befallen]
    befallen += [(Card(gap["card"]), gap) for gap in truth["gaps"]]
    spoilt = {(card, one["satellite"], one["date"]) for card, one in befallen}
    # A track's first passes show that there is one.
    early = date.fromisoformat(truth["season"]["starts"]) + timedelta(days=7)
    sound: dict[Kind, list[str]] = {}
    for entry in json.loads((folder / "catalogue.json").read_text())["value"]:
        kind, day = kind_of_name(entry["Name"]), entry["ContentDate"]["Start"][:10]
        late_enough = kind is not Kind.CARD_COH6 or day >= early.isoformat()
        if kind is None or kind.card is None or not late_enough:
            continue
        if (kind.card, entry["Name"][:3], day) not in spoilt:
            sound.setdefault(kind, []).append(entry["Name"])
    chance = random.Random(seed)
    try:
        unindexed, away = chance.sample(sorted(sound[Kind.S2_L2A]), 2)
        lost = chance.choice(sorted(sound[Kind.CARD_BS]))
        unpublished = chance.choice(sorted(sound[Kind.CARD_COH6]))
    except (KeyError, ValueError) as error:
        raise SettingsError("too few products for more faults", subject=folder) from error
    return Planted(seed, lost, unindexed, unpublished, away)


def write(file: Path, planted: Planted) -> None:
    """Write the file that configures the local DIAS."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(asdict(planted)))


def read(file: Path) -> Planted:
    """Read the file that configures the local DIAS."""
    return Planted(**json.loads(file.read_text()))


def calm(file: Path, wanted: bool) -> None:
    """Switch random faults off, or on again."""
    beside = file.with_suffix(".calm")
    if wanted:
        beside.touch()
    else:
        beside.unlink(missing_ok=True)


def served(file: Path) -> Counter[str]:
    """How often each random fault occurred."""
    beside = file.with_suffix(".log")
    return Counter(beside.read_text().splitlines()) if beside.exists() else Counter()


def expected(truth: Mapping[str, Any], planted: Planted, entries: Iterable[Any]) -> dict[str, Any]:
    """The truth about a season, with these faults added.

    :param entries: of its catalogue.
    """
    start = {entry["Name"]: entry["ContentDate"]["Start"] for entry in entries}
    gaps = list(truth["gaps"])
    cards = {card: {**numbers} for card, numbers in truth["cards"].items()}
    for name, card, cause, fate in (
        (planted.lost, Card.BS, Cause.FETCH_FAILED, "open"),
        (planted.unindexed, Card.S2, Cause.NOT_INDEXED, "open"),
        (planted.unpublished, Card.C6, Cause.NOT_PUBLISHED, "open"),
        (planted.away, Card.S2, Cause.FETCH_FAILED, "recovered"),
    ):
        # A coherence product is named after its later acquisition.
        gap = {"card": card.value, "satellite": name[:3], "date": start[name][:10]}
        gaps.append(gap | {"cause": cause.value, "fate": fate, "rel_orbit": None})
        numbers = dict(cards[card.value]["afterwards"])
        if fate == "open":
            numbers["extracted"] -= 1
            numbers["listed"] -= cause is Cause.NOT_PUBLISHED
            numbers["failed"] += cause is not Cause.NOT_PUBLISHED
        cards[card.value]["afterwards"] = numbers
    return {**truth, "gaps": gaps, "cards": cards}


@dataclass
class Faults:
    """The faults of a server.

    :param file: the file that configures them.
    :param over: when products that are away are in the store again; aware UTC.
    :param now: the server's clock.
    """

    file: Path
    over: datetime
    now: Callable[[], datetime]
    planted: Planted = field(init=False)
    _chance: random.Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.planted = read(self.file)
        self._chance = random.Random(f"{self.planted.seed} {datetime.now(UTC)}")

    def listing(self, handler: Handler) -> Handler:
        """A search of the catalogue, with faults."""

        @wraps(handler)
        async def answer(request: Request) -> Response:
            reply = await handler(request)
            if reply.status_code != 200:
                return reply
            document = json.loads(bytes(reply.body))
            entries = document["value"] = self._listed(document["value"])
            fault = self._draw(_befalling(request, entries))
            if (instead := await _instead(fault)) is not None:
                return instead
            if fault is Fault.SCHEMA:
                document["results"] = document.pop("value")
            elif fault is Fault.REPEATED:
                entries.append(self._chance.choice(entries))
            return _sent(json.dumps(document).encode(), reply, fault, "application/json")

        return answer

    def object(self, handler: Handler) -> Handler:
        """A request to the store, with faults."""

        @wraps(handler)
        async def answer(request: Request) -> Response:
            asked = f"{request.path_params['key']}{request.query_params.get('prefix', '')}"
            if self.planted.away in asked and self.now() < self.over:
                return Response(status_code=500)
            fault = self._draw(STORE)
            if (instead := await _instead(fault)) is not None:
                return instead
            reply = await handler(request)
            return _sent(bytes(reply.body), reply, fault, reply.media_type)

        return answer

    def _listed(self, entries: Sequence[Any]) -> list[Any]:
        shown = []
        for entry in entries:
            if entry["Name"] == self.planted.unindexed:
                entry = {**entry, "Footprint": None, "GeoFootprint": None}
            if entry["Name"] != self.planted.unpublished:
                shown.append(entry)
        return shown

    def _draw(self, shares: Mapping[Fault, float]) -> Fault | None:
        if self.file.with_suffix(".calm").exists():
            return None
        drawn = self._chance.random()
        for fault, share in shares.items():
            drawn -= share
            if drawn < 0:
                with self.file.with_suffix(".log").open("a") as log:
                    log.write(f"{fault}\n")
                return fault
        return None


def _befalling(request: Request, entries: Sequence[Any]) -> Mapping[Fault, float]:
    """Faults that a listing can have: a page larger than asked for would be another schema."""
    if 0 < len(entries) < int(request.query_params.get("$top", len(entries) + 1)):
        return CATALOGUE
    return {fault: share for fault, share in CATALOGUE.items() if fault is not Fault.REPEATED}


async def _instead(fault: Fault | None) -> Response | None:
    """The reply of a fault that replaces the right one completely."""
    if fault is Fault.BUSY:
        return Response("slow down", 429, {"Retry-After": "1"})
    if fault is Fault.FAILING:
        return Response("something broke", 500)
    if fault is Fault.HANG:
        await asyncio.sleep(HANG_S)
        return Response(status_code=504)
    return None


def _sent(body: bytes, reply: Response, fault: Fault | None, media: str | None) -> Response:
    headers = {
        name: value for name, value in reply.headers.items() if name.lower() != "content-length"
    }
    if fault is Fault.TRUNCATED and len(body) > 1:
        # The header promises the whole body, so the server then cuts the connection.
        headers["Content-Length"] = str(len(body))
        body = body[: len(body) // 2]
    elif not body and "content-length" in reply.headers:
        headers["Content-Length"] = reply.headers["content-length"]  # a reply to HEAD
    return Response(body, reply.status_code, headers, media)
