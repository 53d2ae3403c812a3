"""Embedded engines: functions of this library, run in a process with limits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dias_cbm.card.engines.job import Job, MakeOptions
from dias_cbm.card.engines.produce import MakingEngine, key_of
from dias_cbm.card.engines.registry import Maker, is_there, maker
from dias_cbm.card.engines.sandbox import SandboxLimits, run
from dias_cbm.card.orbit_files import find_orbit
from dias_cbm.card.pairs import check_pair
from dias_cbm.cards import CARDS, Card
from dias_cbm.config.settings import settings
from dias_cbm.errors import CardFailed, OrbitFileError
from dias_cbm.products.provenance import MadeProduct
from dias_cbm.vertical_datum import VerticalDatum


class LocalEngine(MakingEngine):
    """Makes products here with the function that the registry lists for an engine.

    :param name: e.g. ``embedded``.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def make(self, job: Job, options: MakeOptions, work: Path) -> MadeProduct:
        """Collect the engine's input and run it."""
        card = job.scene.kind.card
        found = maker(self.name, card) if card else None
        if card is None or found is None or not is_there(found.function):
            raise CardFailed(f"this engine does not make {job.scene.kind}", subject=self.name)
        if len(job.sources) != (2 if CARDS[card].pair else 1):
            raise CardFailed(
                f"{job.scene.kind} is not made from {len(job.sources)} acquisitions",
                subject=job.scene.reference,
            )
        if len(job.sources) == 2:
            check_pair(job.sources[0].name, job.sources[1].name)
        arguments = _arguments(card, found, job, options)
        sources = tuple(source.open(job.held) for source in job.sources)
        current = settings().card
        memory = int(current.memory_gb * 1e9) if found.limited else None
        return run(
            found.function,
            sources,
            arguments | {"target": work},
            limits=SandboxLimits(current.hours * 3600, memory),
            log=options.folder / f"{key_of(job)}.log",
            progress=options.progress,
        )


def _orbit(name: str, found: Maker) -> Path | None:
    try:
        return find_orbit(name)
    except OrbitFileError:
        if found.reads_orbits:
            raise
        return None


def _arguments(card: Card, found: Maker, job: Job, options: MakeOptions) -> dict[str, Any]:
    if not found.takes_dem:
        return {}
    dem = options.dem
    if dem is None and found.needs_dem:
        raise CardFailed(
            "needs an elevation model, and none is set",
            subject=job.scene.reference,
            hint="set CBM_CARD_DEM to a raster or a folder of them",
        )
    if dem is not None and not dem.exists():
        raise CardFailed("does not exist", subject=dem, hint="see the setting card.dem")
    datum = VerticalDatum(options.datum)
    more = {name: getattr(options, name) for name in found.takes}
    if card is Card.S2:
        return {"dem": dem, "datum": datum, **more}
    orbits = tuple(
        given or _orbit(source.name, found)
        for source, given in zip(
            job.sources, (*options.orbits, None, None)[: len(job.sources)], strict=True
        )
    )
    inputs: dict[str, Any] = {"orbit": orbits[0]}
    if CARDS[card].pair:
        inputs = {"orbits": orbits, "esd": options.esd, "common_band": options.common_band}
    return {"dem": dem, "datum": datum, "cog": options.cog, **inputs, **more}
