"""CARD products by SNAP: runs its graphs and copies its output into the platforms' layout."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from dias_cbm.card.engines.snap import templates
from dias_cbm.card.engines.snap.gpt import Gpt
from dias_cbm.card.engines.snap.graph import digest
from dias_cbm.card.engines.snap.graphs import (
    backscatter_graph,
    coherence_graphs,
    elevation_of,
    flattened,
    name_of,
    polarisations,
    shared,
)
from dias_cbm.card.engines.snap.output import copy_bands
from dias_cbm.card.engines.snap.templates import Elevation
from dias_cbm.card.pairs import check_pair
from dias_cbm.card.product_names import reference_of
from dias_cbm.cards import KIND_OF_CARD, PAIR_OF_CARD, Card
from dias_cbm.errors import CardFailed
from dias_cbm.products.provenance import MadeProduct, Progress
from dias_cbm.scenes import Kind
from dias_cbm.vertical_datum import VerticalDatum

log = logging.getLogger(__name__)


def make_backscatter(
    source: Path,
    *,
    dem: Path | None = None,
    datum: VerticalDatum = VerticalDatum.EGM2008,
    orbit: Path | None = None,
    target: Path,
    cog: bool = False,
    progress: Progress | None = None,
) -> MadeProduct:
    """Make a CARD-BS from a GRD.

    :param source: SAFE folder, or zip of one.
    :param dem: an elevation model in one file; for a folder, or None, SNAP downloads the Copernicus
        DEM.
    :param datum: what the file's heights are above; SNAP knows one geoid, EGM96.
    :param orbit: not used, which the provenance records: SNAP downloads precise orbits.
    :param target: folder in which the product is put.
    :raises CardFailed: SNAP is not installed or failed.
    """
    gpt, name = Gpt.installed(), name_of(source)
    elevation, output = elevation_of(dem, datum), target / "snap" / "gamma0"
    graph = backscatter_graph(gpt.parameters, source, output, elevation)
    _run(gpt, [graph], output.parent, progress)
    provenance = {
        "source": name,
        "gamma0": "terrain" if flattened() else "ellipsoid",
        **_provenance(gpt, [graph], elevation, [orbit]),
    }
    path = target / reference_of(Card.BS, name)
    copy_bands(output, "Gamma0", path, polarisations(name), provenance, cog=cog, single=False)
    return MadeProduct(path, Kind.CARD_BS, provenance)


def make_coherence(
    reference: Path,
    secondary: Path,
    *,
    dem: Path | None = None,
    datum: VerticalDatum = VerticalDatum.EGM2008,
    orbits: Sequence[Path | None] = (),
    esd: bool = False,
    common_band: float = 0.5,
    target: Path,
    cog: bool = False,
    progress: Progress | None = None,
) -> MadeProduct:
    """Make a CARD-COH6 or -COH12 from a pair of SLC.

    :param reference: the later acquisition, ``secondary`` the earlier one.
    :param dem: as for :func:`make_backscatter`; so are the rest.
    :raises PairError: the two do not make a pair.
    :raises Unsynchronised: a burst has less than ``common_band`` in common with its partner.
    :raises CardFailed: SNAP is not installed or failed; or the pair or the options ask for what its
        graphs cannot do: bursts filtered to the band that they have in common, spectral diversity,
        or heights above the ellipsoid in Back-Geocoding.
    """
    names = name_of(reference), name_of(secondary)
    kind = check_pair(*names)
    card = next(card for card in PAIR_OF_CARD if KIND_OF_CARD[card] is kind)
    gpt, elevation = Gpt.installed(), elevation_of(dem, datum)
    if esd:
        raise CardFailed(
            "the graphs have no enhanced spectral diversity",
            subject="snap",
            hint="use the engine embedded, or unset card.c6_esd",
        )
    if not elevation.geoid:
        raise CardFailed(
            "SNAP's Back-Geocoding accepts heights above the geoid only",
            subject=dem,
            hint="use a model above the geoid, or the engine embedded",
        )
    synchronised = _synchronisation(reference, secondary, target, common_band)
    work = target / "snap"
    graphs, output = coherence_graphs(gpt.parameters, reference, secondary, work, elevation)
    _run(gpt, graphs, work, progress)
    provenance = {
        "source": names[0],
        "secondary": names[1],
        "temporal_baseline_days": PAIR_OF_CARD[card].days,
        "window": templates.WINDOW,
        **synchronised,
        **_provenance(gpt, graphs, elevation, orbits),
    }
    path = target / reference_of(card, *names)
    copy_bands(output, "coh", path, shared(reference, secondary), provenance, cog=cog, single=True)
    return MadeProduct(path, kind, provenance)


def _synchronisation(
    reference: Path, secondary: Path, scratch: Path, least: float
) -> dict[str, object]:
    """Offset and common band of the bursts, from annotations and their orbits."""
    # Heavy modules, which CARD-BS does not need.
    from dias_cbm.card.sar.pair import pair_of
    from dias_cbm.card.sar.safe import opened_safe
    from dias_cbm.card.sar.synchronisation import synchronisation

    scratch.mkdir(parents=True, exist_ok=True)
    with (
        opened_safe(reference, scratch, images=False) as one,
        opened_safe(secondary, scratch, images=False) as other,
    ):
        found = synchronisation(pair_of(one, other, (None, None)), (one, other), least)
    if found["bursts_filtered"]:
        share = min(found["common_band"].values())
        raise CardFailed(
            f"its bursts have {share:.0%} of the azimuth band in common with those of"
            f" {name_of(reference)}, and the graphs do not filter them to it",
            subject=name_of(secondary),
            hint="use the engine embedded",
        )
    return found


def _run(gpt: Gpt, graphs: Sequence[bytes], work: Path, progress: Progress | None) -> None:
    """Run graphs one after the other, in a folder that is removed with the work folder."""
    work.mkdir(parents=True)
    report = progress or (lambda _: None)
    for number, content in enumerate(graphs):
        graph = work / f"graph-{number}.xml"
        graph.write_bytes(content)

        def advance(share: float, done: int = number) -> None:
            report(0.95 * (done + share) / len(graphs))

        gpt.run(graph, work, advance)


def _provenance(
    gpt: Gpt, graphs: Sequence[bytes], elevation: Elevation, orbits: Sequence[Path | None]
) -> dict[str, object]:
    unused = [orbit.name for orbit in orbits if orbit]
    if unused:
        log.warning("SNAP uses its own orbits, not %s", ", ".join(unused))
    return {
        "engine": "snap",
        "snap_version": gpt.version(),
        "graph_sha256": digest(*graphs),
        "orbit": f"{templates.ORBIT}, or else the product's own",
        "orbit_files_not_used": unused or None,
        "dem": elevation.file.name if elevation.file else elevation.name,
        "vertical_datum": "egm96" if elevation.geoid else "ellipsoid",
    }
