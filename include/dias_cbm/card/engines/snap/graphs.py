"""The graphs of a product, and the files that they name; run here, or written to run elsewhere."""

from __future__ import annotations

from pathlib import Path

from dias_cbm.card.engines.snap import templates
from dias_cbm.card.engines.snap.graph import Known
from dias_cbm.card.engines.snap.operators import OPERATORS
from dias_cbm.card.engines.snap.templates import Elevation
from dias_cbm.card.pairs import check_pair
from dias_cbm.card.product_names import acquired_polarisations
from dias_cbm.config.settings import settings
from dias_cbm.errors import CardFailed, CorruptProduct, InconsistentProduct
from dias_cbm.rasters import open_raster
from dias_cbm.scenes import Kind, kind_of_name, parse_name, stem
from dias_cbm.vertical_datum import VerticalDatum

#: Nodata of the Copernicus DEM, for a file that does not declare its own.
_NODATA = -32768.0


def write_graphs(
    folder: Path, source: Path, secondary: Path | None, dem: Path | None, datum: VerticalDatum
) -> list[Path]:
    """Write the graphs of a product, to be run one after the other by the newest SNAP.

    :param folder: for the graphs, and for the products that they write.
    :param source: a GRD, or the later SLC of a pair.
    :param secondary: the earlier one; None for a GRD.
    :param dem: as for :func:`elevation_of`; so is ``datum``.
    :raises InconsistentProduct: a GRD has a secondary, or an SLC none.
    :raises PairError: the two do not make a pair.
    :raises CardFailed: the folder cannot be written.
    """
    elevation, folder = elevation_of(dem, datum), folder.absolute()
    if (kind_of_name(name_of(source)) is Kind.S1_GRD) != (secondary is None):
        raise InconsistentProduct(
            "is a GRD and has no secondary" if secondary else "is not a GRD and needs a secondary",
            subject=source,
        )
    if secondary is None:
        graphs = [backscatter_graph(newest, source, folder / "gamma0", elevation)]
    else:
        check_pair(name_of(source), name_of(secondary))
        graphs, _ = coherence_graphs(newest, source, secondary, folder, elevation)
    files = [folder / f"graph-{number}.xml" for number in range(len(graphs))]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file, content in zip(files, graphs, strict=True):
            file.write_bytes(content)
    except OSError as error:
        raise CardFailed(f"cannot be written: {error}", subject=folder) from error
    return files


def newest(operator: str) -> frozenset[str]:
    """The parameters of an operator that only newer versions of SNAP have."""
    return OPERATORS[operator].newer


def flattened() -> bool:
    """Whether gamma0 is that over the terrain, by the settings."""
    return settings().card.bs_flattening


def backscatter_graph(known: Known, source: Path, output: Path, elevation: Elevation) -> bytes:
    """The graph of a CARD-BS.

    :param source: a GRD, SAFE folder or zip.
    :param output: the product of SNAP, without ``.dim``.
    """
    return templates.backscatter(
        known,
        readable(source),
        output,
        polarisations(name_of(source)),
        elevation,
        flattening=flattened(),
    )


def coherence_graphs(
    known: Known, reference: Path, secondary: Path, work: Path, elevation: Elevation
) -> tuple[list[bytes], Path]:
    """The graphs of a CARD-COH6 or -COH12, one for each sub-swath, then one that merges them.

    :param reference: the later acquisition.
    :param work: a folder for the sub-swaths and the product.
    :returns: the graphs in their order, and the product of SNAP without ``.dim``.
    """
    parts = [work / swath for swath in templates.SWATHS]
    both = shared(reference, secondary)
    pair = readable(reference), readable(secondary)
    graphs = [templates.coherence(known, *pair, part, part.name, both, elevation) for part in parts]
    output = work / "coherence"
    return [*graphs, templates.merged(known, parts, output, both, elevation)], output


def shared(reference: Path, secondary: Path) -> list[str]:
    """The polarisations that both acquisitions have."""
    other = polarisations(name_of(secondary))
    return [one for one in polarisations(name_of(reference)) if one in other]


def elevation_of(dem: Path | None, datum: VerticalDatum) -> Elevation:
    """The elevation model as SNAP is told of it.

    :param dem: a file; a folder, or None, is the Copernicus DEM that SNAP downloads.
    :raises CardFailed: it is not an elevation model.
    """
    if dem is None or dem.is_dir():
        return Elevation()
    try:
        with open_raster(dem) as dataset:
            nodata = dataset.nodata
    except CorruptProduct as error:
        raise CardFailed(f"is not an elevation model: {error}", subject=dem) from error
    geoid = datum is not VerticalDatum.ELLIPSOID
    return Elevation(dem.absolute(), _NODATA if nodata is None else nodata, geoid)


def name_of(source: Path) -> str:
    """The name of a product of Sentinel-1.

    :raises CorruptProduct: it is not named like one.
    """
    name = stem(source.name)
    if "polarisation" not in parse_name(name):
        raise CorruptProduct("is not named like a Sentinel-1 product", subject=source)
    return name


def polarisations(name: str) -> tuple[str, ...]:
    """The polarisations of a product, by its name.

    :raises CorruptProduct: the name does not tell them.
    """
    found = acquired_polarisations(name)
    if found is None:
        letters = parse_name(name)["polarisation"]
        raise CorruptProduct(f"has unknown polarisations {letters}", subject=name)
    return found


def readable(source: Path) -> Path:
    """The path by which SNAP's reader opens a product."""
    return (source / "manifest.safe" if source.is_dir() else source).absolute()
