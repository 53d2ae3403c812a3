"""Rasters that stay in their store, and how their failures are told apart.

GDAL holds Python's lock while it looks at an object, so no proxy of this process can stand between.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from card_products import l2a_xml, write_l2a
from rasterio.windows import Window

from dias_cbm.errors import CorruptProduct, StoreDown
from dias_cbm.products.open import open_product
from dias_cbm.rasters import open_raster
from dias_cbm.scenes import Kind
from dias_cbm.transport.retry import TryAgain

pytestmark = [pytest.mark.integration, pytest.mark.timeout(90)]

PIXELS = np.random.default_rng(4).random((1024, 1024), np.float32)


def raster(path: Path, description: str | None) -> bytes:
    """A tiled GeoTIFF of 4 MB."""
    profile = {"width": 1024, "height": 1024, "count": 1, "dtype": "float32", "tiled": True}
    place = {
        "crs": "EPSG:32632",
        "transform": rasterio.transform.from_origin(500_000, 6_200_000, 10, 10),
    }
    with rasterio.open(path, "w", driver="GTiff", **profile, **place) as out:
        out.write(PIXELS, 1)
        if description:
            out.set_band_description(1, description)
    return path.read_bytes()


def rasters(name: str, size: int) -> bool:
    return name.endswith(".tif") and size > 1_000_000


@pytest.fixture
def product(put: Any, tmp_path: Path) -> str:
    put("ranged/P/named.tif", raster(tmp_path / "made.tif", "VV"))
    put("ranged/P/unnamed.tif", raster(tmp_path / "made.tif", None))
    put("ranged/P/about.xml", b"<about/>")
    return "/eodata/ranged/P"


@pytest.fixture
def store(face: str, opened: Any, node: Any) -> Any:
    """The store by one of its faces, at one connection."""
    address = {
        "s3": f"s3://eodata?endpoint={node.endpoint}&region=us-east-1",
        "swift": f"swift://eodata?auth={node.endpoint}/auth/v1.0",
    }[face]
    return opened(face, connections=1, attempts=1, address=address)


def test_what_is_large_is_not_fetched(store: Any, product: str) -> None:
    with store.opened(product, ranged=rasters) as path:
        assert (path / "about.xml").read_bytes() == b"<about/>"
        with rasterio.open(path / "named.tif") as dataset:
            assert dataset.descriptions == ("VV",)
            assert dataset.block_shapes == [(256, 256)]
            window = Window(300, 600, 50, 40)
            assert (dataset.read(1, window=window) == PIXELS[600:640, 300:350]).all()
        assert (path / "named.tif").stat().st_size < 10_000
        # What only its own software names is fetched.
        assert (path / "unnamed.tif").stat().st_size > 4_000_000
    store.release(product)
    assert not path.exists()


def test_a_part_of_a_product_is_a_copy_of_its_own(store: Any, put: Any, tmp_path: Path) -> None:
    """Pixels of Sentinel-2 come by ranges; the extraction's copy, which needs all, is another."""
    noise = np.random.default_rng(5).integers(1, 2**15, (1100, 1100)).astype("u2")
    made = write_l2a(tmp_path, {"B04": noise, "B03": noise}, None, xml=l2a_xml())
    for file in made.rglob("*"):
        if file.is_file():
            put(f"ranged/{file.relative_to(tmp_path)}", file.read_bytes())
    location = f"/eodata/ranged/{made.name}"
    with store.opened(
        location,
        needed=lambda name: "_B04_" in name or name.endswith(".xml"),
        ranged=lambda name, size: size > 1_000_000,
        part="chip B04",
    ) as path:
        product = open_product(path, Kind.S2_L2A)
        assert list(product.bands) == ["B04"]
        assert Path(product.bands["B04"].path).stat().st_size < 10_000
        with open_raster(Path(product.bands["B04"].path)) as dataset:
            window = Window(300, 600, 50, 40)
            assert (dataset.read(1, window=window) == noise[600:640, 300:350]).all()
    with store.opened(location) as path:
        assert list(open_product(path, Kind.S2_L2A).bands) == ["B03", "B04"]


@pytest.mark.parametrize("away", [True, False])
def test_a_store_that_has_gone_away_is_no_corrupt_product(
    store: Any, product: str, away: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: Any) -> None:
        raise TryAgain(StoreDown("is away"))

    with (
        pytest.raises(StoreDown if away else CorruptProduct),
        store.opened(product, ranged=rasters),
    ):
        if away:
            monkeypatch.setattr(store, "_page", gone)
        raise CorruptProduct("cannot be decoded")
