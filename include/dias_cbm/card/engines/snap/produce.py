"""CARD products by SNAP: runs its graphs and copies its output into the platforms' layout."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from dias_cbm.card.engines.snap import templates
from dias_cbm.card.engines.snap.gpt import Gpt
from dias_cbm.card.engines.snap.graph import digest
from dias_cbm.card.engines.snap.output import copy_bands
from dias_cbm.card.engines.snap.templates import Elevation
from dias_cbm.card.pairs import check_pair
from dias_cbm.card.product_names import acquired_polarisations, reference_of
from dias_cbm.cards import KIND_OF_CARD, PAIR_OF_CARD, Card
from dias_cbm.config.settings import settings
from dias_cbm.errors import CardFailed, CorruptProduct
from dias_cbm.products.provenance import MadeProduct, Progress
from dias_cbm.rasters import open_raster
from dias_cbm.scenes import Kind, parse_name, stem
from dias_cbm.vertical_datum import VerticalDatum

log = logging.getLogger(__name__)

#: Nodata of the Copernicus DEM, for a file that does not declare its own.
_NODATA = -32768.0


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
    gpt, name = Gpt.installed(), _name(source)
    polarisations, elevation = _polarisations(name), _elevation(dem, datum)
    flattening = settings().card.bs_flattening
    output = target / "snap" / "gamma0"
    graph = templates.backscatter(
        gpt.parameters, _readable(source), output, polarisations, elevation, flattening=flattening
    )
    _run(gpt, [graph], output.parent, progress)
    provenance = {
        "source": name,
        "gamma0": "terrain" if flattening else "ellipsoid",
        **_provenance(gpt, [graph], elevation, [orbit]),
    }
    path = target / reference_of(Card.BS, name)
    copy_bands(output, "Gamma0", path, polarisations, provenance, cog=cog, single=False)
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
    names = _name(reference), _name(secondary)
    kind = check_pair(*names)
    card = next(card for card in PAIR_OF_CARD if KIND_OF_CARD[card] is kind)
    gpt, elevation = Gpt.installed(), _elevation(dem, datum)
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
    shared = [one for one in _polarisations(names[0]) if one in _polarisations(names[1])]
    work = target / "snap"
    parts = [work / swath for swath in templates.SWATHS]
    graphs = [
        templates.coherence(
            gpt.parameters,
            _readable(reference),
            _readable(secondary),
            part,
            part.name,
            shared,
            elevation,
        )
        for part in parts
    ]
    output = work / "coherence"
    graphs.append(templates.merged(gpt.parameters, parts, output, shared, elevation))
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
    copy_bands(output, "coh", path, shared, provenance, cog=cog, single=True)
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
            f" {_name(reference)}, and the graphs do not filter them to it",
            subject=_name(secondary),
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


def _elevation(dem: Path | None, datum: VerticalDatum) -> Elevation:
    if dem is None or dem.is_dir():
        return Elevation()
    try:
        with open_raster(dem) as dataset:
            nodata = dataset.nodata
    except CorruptProduct as error:
        raise CardFailed(f"is not an elevation model: {error}", subject=dem) from error
    geoid = datum is not VerticalDatum.ELLIPSOID
    return Elevation(dem.resolve(), _NODATA if nodata is None else nodata, geoid)


def _name(source: Path) -> str:
    name = stem(source.name)
    if "polarisation" not in parse_name(name):
        raise CorruptProduct("is not named like a Sentinel-1 product", subject=source)
    return name


def _polarisations(name: str) -> tuple[str, ...]:
    polarisations = acquired_polarisations(name)
    if polarisations is None:
        letters = parse_name(name)["polarisation"]
        raise CorruptProduct(f"has unknown polarisations {letters}", subject=name)
    return polarisations


def _readable(source: Path) -> Path:
    """The path by which SNAP's reader opens a product."""
    return (source / "manifest.safe" if source.is_dir() else source).resolve()
