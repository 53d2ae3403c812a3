"""Make the tables of the correction: ``python -m dias_cbm.card.optical.build MTD_MSIL1C.xml``.

The file is from any L1C product of the satellite, for its spectral responses. Takes about
1,000 runs of 6S, six minutes on one core. A finished band is not computed again.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dias_cbm.card.optical.responses import read_responses
from dias_cbm.card.optical.sixs import Case, Coefficients, Response, coefficients
from dias_cbm.card.optical.tables import OZONE, Nodes, Tables

log = logging.getLogger(__name__)

#: Bands of 10 and 20 m, and B09 for the water vapour.
BANDS = ("B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B11", "B12")

NODES = Nodes(
    sun_zenith=np.array([0.0, 30.0, 48.0, 62.0, 74.0]),
    aot=np.array([0.0, 0.15, 0.45, 1.0]),
    altitude=np.array([0.0, 1.0, 2.2, 3.5]),
    air_mass=np.array([2.0, 2.3, 2.7, 3.3, 4.6]),
    water=np.array([0.0, 0.1, 0.25, 0.5, 1.0, 1.75, 2.75, 4.0, 6.0]),
)

#: Nadir, then towards, across and away from the sun, at this zenith angle.
VIEW_ZENITH = 13.0
_VIEWS = ((0.0, 0.0), (VIEW_ZENITH, 0.0), (VIEW_ZENITH, 90.0), (VIEW_ZENITH, 180.0))


def band_tables(response: Response, aerosol: str, workers: int) -> dict[str, NDArray[np.float64]]:
    """The tables of one band, by name as in :class:`Tables`."""
    nodes = NODES
    directions = list(product(nodes.sun_zenith, _VIEWS))
    hazy = [
        Case(sun, view, azimuth, aot=aot, aerosol=aerosol)
        for (sun, (view, azimuth)), aot in product(directions, nodes.aot)
    ]
    clean = [
        Case(sun, view, azimuth, altitude=altitude)
        for (sun, (view, azimuth)), altitude in product(directions, nodes.altitude)
    ]
    # Two-way air mass 1/cos(sun) + 1/cos(view), seen from the nadir.
    suns = np.degrees(np.arccos(1.0 / (nodes.air_mass - 1.0)))
    vapour = [Case(float(sun), water=water) for sun, water in product(suns, nodes.water)]
    clear = Case(float(suns[0]))
    groups = hazy, clean, vapour, [clear, replace(clear, ozone=OZONE)]
    # With the sun in the zenith all view directions are alike.
    cases = {case: _alike(case) for group in groups for case in group}
    asked = list(dict.fromkeys(cases.values()))
    with ThreadPoolExecutor(workers) as pool:
        answers = pool.map(lambda case: coefficients(response, case), asked)
        found = dict(zip(asked, answers, strict=True))
    path, transmission, albedo, molecules, clean_transmission, clean_albedo = (
        array
        for group, last in ((hazy, nodes.aot), (clean, nodes.altitude))
        for array in _parts(
            [found[cases[case]] for case in group],
            (len(nodes.sun_zenith), len(_VIEWS), len(last)),
        )
    )
    wet = np.array([1 / found[cases[case]].xa for case in vapour])
    wet = wet.reshape(len(suns), len(nodes.water))
    dry, filtered = (found[cases[case]].xa for case in groups[-1])
    return {
        "path": path,
        "transmission": transmission,
        "albedo": albedo,
        "clean_path": molecules,
        "clean_transmission": clean_transmission,
        "clean_albedo": clean_albedo,
        "vapour": wet / wet[:, :1],
        "ozone": np.array(np.log(filtered / dry) / (nodes.air_mass[0] * OZONE)),
    }


def _alike(case: Case) -> Case:
    return replace(case, relative_azimuth=0.0) if case.sun_zenith == 0 else case


def _parts(found: list[Coefficients], shape: tuple[int, int, int]) -> Iterator[NDArray[np.float64]]:
    """Path reflectance, transmission and, which depends on no direction, spherical albedo."""
    yield np.array([one.xb / one.xa for one in found]).reshape(shape)
    yield np.array([1 / one.xa for one in found]).reshape(shape)
    yield np.array([one.xc for one in found]).reshape(shape).mean(axis=(0, 1))


def build(responses: dict[str, Response], folder: Path, aerosol: str, workers: int) -> Tables:
    """The tables of all bands; each is saved in ``folder`` when it is done."""
    folder.mkdir(parents=True, exist_ok=True)
    parts = []
    for band in BANDS:
        kept = folder / f"{band}.npz"
        if not kept.exists():
            log.info("%s", band)
            part = kept.with_suffix(".part.npz")
            arrays: dict[str, Any] = {**band_tables(responses[band], aerosol, workers)}
            np.savez(part, **arrays)
            part.rename(kept)
        with np.load(kept) as found:
            parts.append(dict(found))
    stacked = {name: np.stack([part[name] for part in parts]) for name in parts[0]}
    return Tables(BANDS, NODES, VIEW_ZENITH, aerosol, **stacked)


def main(arguments: Sequence[str] | None = None) -> None:
    """Build and save the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, prog="python -m dias_cbm.card.optical.build"
    )
    parser.add_argument("metadata", type=Path, help="MTD_MSIL1C.xml")
    parser.add_argument("--output", type=Path, default=Path(__file__).with_name("tables.npz"))
    parser.add_argument("--aerosol", default="continental", help="model of 6S")
    parser.add_argument("--kept", type=Path, default=Path(".run/surface_tables"))
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    responses = read_responses(given.metadata)
    build(responses, given.kept / given.aerosol, given.aerosol, given.workers).save(given.output)


if __name__ == "__main__":
    main()
