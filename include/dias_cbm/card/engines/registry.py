"""The registry of engines: the function that makes each product, and its probe.

The functions are listed by name, not imported: engines bring heavy libraries, and each is loaded
only when it is used. Those that make products are called in a process of their own:

    make_backscatter(source, *, dem, datum, orbit, target, cog, progress, ...) -> MadeProduct
    make_coherence(
        reference, secondary, *, dem, datum, orbits, esd, common_band, target, cog, progress, ...
    ) -> MadeProduct
    make_surface_reflectance(source, *, dem, datum, threads, target, progress) -> MadeProduct
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dias_cbm.scenes import Card


@dataclass(frozen=True, slots=True)
class Maker:
    """The function that makes one card with one engine.

    :param function: ``module:name``.
    :param needs_dem: it needs an elevation model.
    :param takes_dem: it is given the elevation model, if there is one.
    :param reads_orbits: it uses orbit files, so that one which cannot be read is its failure.
    :param limited: whether the process's address space is limited; not for an engine that starts a
        virtual machine, which reserves more than it uses and has a limit of its own.
    :param takes: further options that it is given, by their name in ``MakeOptions``.
    """

    function: str
    needs_dem: bool = False
    takes_dem: bool = True
    reads_orbits: bool = True
    limited: bool = True
    takes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that an engine needs or can use.

    :param what: e.g. ``gpt``.
    :param found: where it is, or its version; None if it is missing.
    :param hint: how to get it.
    :param needed: whether the engine cannot work without it.
    """

    what: str
    found: str | None
    hint: str = ""
    needed: bool = True


MAKERS: Mapping[tuple[str, Card], Maker] = {
    ("embedded", Card.BS): Maker(
        "dias_cbm.card.sar.backscatter:make_backscatter",
        needs_dem=True,
        takes=("threads", "flattening", "layers"),
    ),
    ("embedded", Card.C6): Maker(
        "dias_cbm.card.sar.coherence:make_coherence", needs_dem=True, takes=("threads",)
    ),
    ("embedded", Card.S2): Maker(
        "dias_cbm.card.optical.surface:make_surface_reflectance", takes=("threads",)
    ),
    ("snap", Card.BS): Maker(
        "dias_cbm.card.engines.snap:make_backscatter", reads_orbits=False, limited=False
    ),
    ("snap", Card.C6): Maker(
        "dias_cbm.card.engines.snap:make_coherence", reads_orbits=False, limited=False
    ),
    ("sen2cor", Card.S2): Maker(
        "dias_cbm.card.engines.sen2cor:make_surface_reflectance", takes_dem=False, limited=False
    ),
}

#: Engine -> function without arguments that returns its findings.
PROBES: Mapping[str, str] = {
    "ready": "dias_cbm.card.engines.probes:ready",
    "order": "dias_cbm.card.engines.probes:order",
    "embedded": "dias_cbm.card.engines.probes:embedded",
    "snap": "dias_cbm.card.engines.snap.probes:probe",
    "sen2cor": "dias_cbm.card.engines.sen2cor:probe",
}


def maker(engine: str, card: Card) -> Maker | None:
    """The maker of a card with an engine, or None. Twelve-day pairs are made like six-day ones."""
    return MAKERS.get((engine, card.family))


def is_there(function: str) -> bool:
    """Whether this installation has the module of a function."""
    try:
        return importlib.util.find_spec(function.partition(":")[0]) is not None
    except ModuleNotFoundError:
        return False


def load(function: str) -> Any:
    """Import ``module:name``."""
    module, _, name = function.partition(":")
    return getattr(importlib.import_module(module), name)
