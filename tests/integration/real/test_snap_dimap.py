"""BEAM-DIMAP against a folder that SNAP wrote: it is read, and ours is laid out like it."""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from lxml import etree
from rasterio.crs import CRS

from dias_cbm.card.engines.snap.output import find_bands
from dias_cbm.errors import InconsistentProduct
from dias_cbm.products.model import Grid
from dias_cbm.products.open import open_product
from dias_cbm.products.readers.raster import open_unplaced
from dias_cbm.products.writers import DimapWriter
from dias_cbm.scenes import Kind

pytestmark = [pytest.mark.integration, pytest.mark.real_data]

NAME = "S1A_IW_GRDH_1SDV_20180511T053956_20180511T054021_021853_025B9C_1234_CARD_BS"
GRID = Grid(CRS.from_epsg(32632), Affine(10, 0, 500_000, 0, -10, 6_300_000), 40, 30)


@pytest.fixture
def snap(real_data: Path, tmp_path: Path) -> Path:
    """SNAP's product of coherence, as SNAP lays it: ``coh.dim`` beside ``coh.data``."""
    source = next((real_data / "real_images" / "alexthry_snap_coherence").glob("S4/07Apr*"))
    (tmp_path / "coh.data").mkdir()
    for file in [*source.glob("coh_*.img"), *source.glob("coh_*.hdr")]:
        shutil.copyfile(file, tmp_path / "coh.data" / file.name)
    (packed,) = source.glob("*.dim.gz")
    (tmp_path / "coh.dim").write_bytes(gzip.decompress(packed.read_bytes()))
    return tmp_path / "coh"


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    with DimapWriter(tmp_path / NAME, GRID, ("VV", "VH"), tags={"CARD_ENGINE": "test"}) as writer:
        for band in ("VV", "VH"):
            writer.write(band, 0, 0, np.full((30, 40), 0.1, np.float32))
    return tmp_path / NAME


def header(path: Path) -> dict[str, str]:
    pairs = (line.partition("=") for line in path.read_text().splitlines()[1:])
    return {key.strip(): value.strip() for key, _, value in pairs}


def places(root: etree._Element) -> set[str]:
    """The paths of all elements, without the metadata, where everybody has his own."""
    tree = root.getroottree()
    found = {etree.ElementTree(root).getelementpath(one) for one in tree.iter(etree.Element)}
    plain = {"/".join(part.split("[")[0] for part in path.split("/")) for path in found}
    return {path for path in plain if not path.startswith("Dataset_Sources/MDElem/")}


def test_snaps_folder_is_read(snap: Path) -> None:
    found = find_bands(snap, "coh", ("VV",))
    with open_unplaced(found["VV"]) as dataset:
        values = dataset.read(1)
    # Big-endian floats, in the order of the file.
    raw = np.fromfile(found["VV"], ">f4").reshape(211, 940)
    np.testing.assert_array_equal(values, raw)
    assert 0.3 < values.mean() < 0.4 and values.max() <= 1
    with pytest.raises(InconsistentProduct, match="0 bands coh VH"):
        find_bands(snap, "coh", ("VH",))


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_gamma0_laid_out_by_snap_is_a_product_for_us(snap: Path) -> None:
    """SNAP's own header and pixels, under the name that SNAP gives to backscatter."""
    product = snap.with_name(f"{NAME}.data")
    product.mkdir()
    (image,) = snap.with_suffix(".data").glob("*.img")
    shutil.copyfile(image, product / "Gamma0_VV.img")
    text = image.with_suffix(".hdr").read_text().replace(image.stem, "Gamma0_VV")
    (product / "Gamma0_VV.hdr").write_text(text)
    shutil.copyfile(snap.with_suffix(".dim"), snap.with_name(f"{NAME}.dim"))
    for path in (product, snap.with_name(f"{NAME}.dim")):
        opened = open_product(path)
        band = opened.bands["VV"]
        assert (opened.kind, band.dtype, band.nodata) == (Kind.CARD_BS, "float32", 0.0)
        assert (band.grid.height, band.grid.width) == (211, 940)


def test_our_document_has_snaps_elements(snap: Path, ours: Path) -> None:
    theirs = etree.parse(snap.with_suffix(".dim")).getroot()
    document = etree.parse(ours / f"{NAME}.dim").getroot()
    assert document.tag == theirs.tag
    # On a map there is a projection, in the radar's geometry a grid of points.
    on_map = {
        "Coordinate_Reference_System/WKT",
        "Geoposition/IMAGE_TO_MODEL_TRANSFORM",
        "Image_Interpretation/Spectral_Band_Info/IMAGE_TO_MODEL_TRANSFORM",
    }
    assert places(document) - places(theirs) == on_map
    # Top sections, and what is said of a band, in SNAP's order.
    for path in (".", "Data_Access/Data_File", "Image_Interpretation/Spectral_Band_Info"):
        order = [one.tag for one in theirs.find(path)]
        tags = [one.tag for one in document.find(path) if one.tag in order]
        assert tags == [tag for tag in order if tag in tags], path
    assert (
        document.findtext("Metadata_Id/METADATA_PROFILE"),
        document.findtext("Data_Access/DATA_FILE_FORMAT"),
        document.findtext("Data_Access/DATA_FILE_ORGANISATION"),
    ) == (
        theirs.findtext("Metadata_Id/METADATA_PROFILE"),
        theirs.findtext("Data_Access/DATA_FILE_FORMAT"),
        theirs.findtext("Data_Access/DATA_FILE_ORGANISATION"),
    )
    for root, folder in ((theirs, theirs.findtext("Dataset_Id/DATASET_NAME")), (document, NAME)):
        hrefs = [one.get("href") for one in root.iterfind("Data_Access/Data_File/DATA_FILE_PATH")]
        assert all(href.startswith(f"{folder}.data/") and href.endswith(".hdr") for href in hrefs)


def test_our_header_says_what_snaps_says(snap: Path, ours: Path) -> None:
    (file,) = snap.with_suffix(".data").glob("*.hdr")
    theirs, made = header(file), header(ours / f"{NAME}.data" / "Gamma0_VV.hdr")
    for key in ("bands", "header offset", "file type", "data type", "interleave", "byte order"):
        assert made[key] == theirs[key], key
    assert set(theirs) - set(made) == {"data gain values", "data offset values"}
    assert (theirs["data gain values"], theirs["data offset values"]) == ("{1.0}", "{0.0}")
    assert made["band names"] == "{ Gamma0_VV }"
    assert theirs["band names"] == f"{{ {file.stem} }}"
    with rasterio.open(ours / f"{NAME}.data" / "Gamma0_VV.img") as dataset:
        assert float(dataset.read(1).mean()) == pytest.approx(0.1)
