"""Products of every format, opened where they lie, and pixels cut from them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import shapely
from affine import Affine
from card_products import (
    L2A_NAME,
    TRANSFORM_10M,
    TRANSFORM_20M,
    UTM32,
    l2a_xml,
    write_backscatter,
    write_coherence,
    write_l2a,
    write_raster,
)
from PIL import Image
from rasterio.io import MemoryFile

from dias_cbm.chips import Format, Held, Look, Wish, cut_look
from dias_cbm.chips.cache import ChipCache
from dias_cbm.chips.frame import Frame
from dias_cbm.chips.picture import raw
from dias_cbm.chips.pixels import read_layers
from dias_cbm.errors import (
    ChipError,
    CorruptProduct,
    InconsistentProduct,
    OffRaster,
    ProductGone,
    ProductNotHeld,
    StoreDown,
)
from dias_cbm.products.model import Band, Grid
from dias_cbm.scenes import Card, Kind

#: 60 m x 40 m; the products begin at 500000, 6300000. Its centre is pixel (50, 60) at 10 m.
PARCEL = shapely.box(500_470, 6_299_380, 500_530, 6_299_420)
ROWS, COLUMNS = np.indices((200, 200))
#: Each pixel of each band has its own number.
RED = (1000 + ROWS * 10 + COLUMNS).astype("u2")
SWIR = (2000 + ROWS[:100, :100] * 10 + COLUMNS[:100, :100]).astype("u2")
SCL = np.full((100, 100), 4, "u1")
SCL[:, 25:] = 9  # clouds from 500500 eastwards


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "eodata"
    folder.mkdir()
    monkeypatch.setenv("CBM_PLATFORMS_LOCAL_STORE", f"files:{folder}")
    return folder


@pytest.fixture
def cut(tmp_path: Path) -> Callable[..., object]:
    cache = ChipCache(tmp_path / "chips", 10_000_000)

    def one(look: Look, shape: object = PARCEL, **wish: object) -> object:
        return cut_look(look, shape, 32632, Wish(**wish), cache=cache)  # type: ignore[arg-type]

    return one


def look(location: str | None, kind: Kind = Kind.S2_L2A, **more: object) -> Look:
    card = kind.card
    assert card is not None
    values: dict[str, object] = {
        "obsid": 1, "card": card, "kind": kind, "at": datetime(2018, 5, 11, 10, 30, tzinfo=UTC),
        "satellite": "S2A", "orbit": 108, "direction": "D", "tile": "32VNH", "product": L2A_NAME,
        "pixels": 24.0, "clear_share": 1.0, "ndvi": None, "held": Held.HELD, "why": None,
        "platform": "local", "location": location,
        "extracted_at": datetime(2018, 5, 12, tzinfo=UTC), "changed": "",
    }  # fmt: skip
    return Look(**values | more)  # type: ignore[arg-type]


@pytest.fixture
def l2a(store: Path) -> Path:
    bands = dict.fromkeys(("B02", "B03", "B04", "B08"), RED)
    product = write_l2a(
        store, bands, SCL, xml=l2a_xml(offsets=dict.fromkeys(range(13), 0) | {3: -1000})
    )
    coarse = next(product.rglob("*_SCL_20m.jp2")).with_name("T32VNH_20180511T103021_B11_20m.jp2")
    lossless = {"driver": "JP2OpenJPEG", "QUALITY": "100", "REVERSIBLE": "YES"}
    write_raster(coarse, SWIR, TRANSFORM_20M, **lossless)
    return product


def pixels(content: bytes) -> tuple[np.ndarray, object]:
    with MemoryFile(content) as memory, memory.open() as dataset:
        return dataset.read(), dataset.profile


def test_the_pixels_are_those_of_the_product(l2a: Path, cut: Callable[..., object]) -> None:
    chip = cut(look(f"/eodata/{l2a.name}"), bands="B04", size_m=100, form=Format.TIFF)
    found, profile = pixels(chip.image)
    # The centre is 500500, 6299400: columns 45 to 54, rows 55 to 64.
    assert found[0].tolist() == RED[55:65, 45:55].tolist()
    assert chip.bounds == (500_450, 6_299_350, 500_550, 6_299_450)
    assert chip.outline == "M8.0 7.0 L8.0 3.0 L2.0 3.0 L2.0 7.0Z"
    assert (chip.crs, chip.pixel_m, chip.whole, chip.data_share) == ("EPSG:32632", 10, True, 1)
    assert profile["nodata"] == 0


def test_20_m_bands_have_half_the_pixels(l2a: Path, cut: Callable[..., object]) -> None:
    place = look(f"/eodata/{l2a.name}")
    alone = cut(place, bands="B11", size_m=120, form=Format.TIFF)
    # 500440 to 500560 at 20 m: columns 22 to 27; 6299460 down to 6299340: rows 27 to 32.
    assert pixels(alone.image)[0][0].tolist() == SWIR[27:33, 22:28].tolist()
    both = cut(place, bands="false_colour", size_m=120, form=Format.TIFF)
    found, _ = pixels(both.image)
    assert (both.bounds, both.width) == (alone.bounds, 2 * alone.width)
    assert found[1].tolist() == SWIR[27:33, 22:28].repeat(2, 0).repeat(2, 1).tolist()
    assert found[2].tolist() == RED[54:66, 44:56].tolist()


def test_the_offset_of_the_product_counts(l2a: Path, cut: Callable[..., object]) -> None:
    """Reflectance of B04 is (DN - 1000) / 10000 here; the other bands have an offset of 0."""
    chip = cut(look(f"/eodata/{l2a.name}"), bands="true_colour", size_m=100, form=Format.PNG)
    with Image.open(io.BytesIO(chip.image)) as image:
        corner = np.asarray(image)[0, 0]
    red = RED[55, 45]
    assert corner.tolist() == [
        round((red - 1000) / 10_000 / 0.3 * 255), *[round(red / 10_000 / 0.3 * 255)] * 2, 255,
    ]  # fmt: skip


def test_clouds_are_left_out_if_asked(l2a: Path, cut: Callable[..., object]) -> None:
    place = look(f"/eodata/{l2a.name}")
    chip = cut(place, bands="B04", size_m=120, clear_only=True, form=Format.PNG)
    with Image.open(io.BytesIO(chip.image)) as image:
        opaque = np.asarray(image)[..., 3] > 0
    # From 500440 to 500500 is clear.
    assert opaque[:, :6].all()
    assert not opaque[:, 6:].any()
    assert chip.data_share == 0.5
    raw = cut(place, bands="B11", size_m=120, clear_only=True, form=Format.TIFF)
    assert (pixels(raw.image)[0][0] > 0).tolist() == [[True] * 3 + [False] * 3] * 6


def test_at_the_edge_what_is_outside_is_transparent(l2a: Path, cut: Callable[..., object]) -> None:
    place = look(f"/eodata/{l2a.name}")
    inside = shapely.box(500_000, 6_299_960, 500_040, 6_300_000)
    chip = cut(place, inside, bands="B04", size_m=100, form=Format.TIFF)
    found, _ = pixels(chip.image)
    # The frame begins three pixels west and north of the raster.
    assert chip.bounds == (499_970, 6_299_930, 500_070, 6_300_030)
    assert (found[0, :3] == 0).all()
    assert (found[0, :, :3] == 0).all()
    assert found[0, 3:, 3:].tolist() == RED[:7, :7].tolist()
    half = shapely.box(499_980, 6_299_900, 500_020, 6_299_940)
    with pytest.raises(OffRaster, match="only 50% of the parcel"):
        cut(place, half)
    assert cut(place, half, partly=True).data_share < 1


def test_a_zipped_product(l2a: Path, store: Path, cut: Callable[..., object]) -> None:
    packed = store / f"{L2A_NAME}.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for file in l2a.rglob("*"):
            archive.write(file, file.relative_to(l2a.parent))
    wish = {"bands": "B04", "size_m": 100, "form": Format.TIFF}
    chip = cut(look(f"/eodata/{packed.name}"), **wish)
    assert chip.image == cut(look(f"/eodata/{l2a.name}"), **wish).image


def test_backscatter_in_dimap_and_in_a_zip(store: Path, cut: Callable[..., object]) -> None:
    vv = (0.01 + ROWS * 1e-4 + COLUMNS * 1e-6).astype("f4")
    vv[55, 45] = 0  # no data
    product = write_backscatter(store, {"Gamma0_VV": vv, "Gamma0_VH": vv / 4})
    place = look(f"/eodata/{product.name}", Kind.CARD_BS)
    chip = cut(place, bands="VV", size_m=100, form=Format.TIFF)
    assert np.array_equal(pixels(chip.image)[0][0], vv[55:65, 45:55])
    shown = cut(place, size_m=100, form=Format.PNG)
    with Image.open(io.BytesIO(shown.image)) as image:
        colours = np.asarray(image)
    assert colours[0, 0, 3] == 0
    ratio = 10 * np.log10(4)
    assert set(colours[1:, 1:, 2].flat) == {round((ratio - 2) / 12 * 255)}
    packed = store / f"{product.name}.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for file in product.rglob("*"):
            archive.write(file, file.relative_to(store))
    other = cut(
        look(f"/eodata/{packed.name}", Kind.CARD_BS), bands="VV", size_m=100, form=Format.TIFF
    )
    assert np.array_equal(pixels(other.image)[0], pixels(chip.image)[0])


def test_coherence_of_a_geotiff(store: Path, cut: Callable[..., object]) -> None:
    layers = np.stack([ROWS[:100, :100] / 100, COLUMNS[:100, :100] / 100]) + 0.005
    product = write_coherence(store, layers, ("coh_VH", "coh_VV"))
    chip = cut(look(f"/eodata/{product.name}", Kind.CARD_COH6), size_m=100, form=Format.TIFF)
    # Grid of 20 m: 500440 to 500560; VV is the second band.
    assert np.array_equal(pixels(chip.image)[0][0], layers[1, 27:33, 22:28].astype("f4"))


def test_the_same_chip_comes_from_the_cache(l2a: Path, cut: Callable[..., object]) -> None:
    place = look(f"/eodata/{l2a.name}")
    first = cut(place, size_m=100)
    l2a.rename(l2a.with_name("gone"))
    assert cut(place, size_m=100) == first
    for other in (look(place.location, changed="published again"), look(place.location, obsid=2)):
        with pytest.raises(ProductGone):
            cut(other, size_m=100)
    for wish in ({"size_m": 101}, {"bands": "B04", "size_m": 100}, {"form": Format.PNG}):
        with pytest.raises(ProductGone):
            cut(place, **wish)
    with pytest.raises(ProductGone):
        cut(place, shapely.box(*PARCEL.buffer(1).bounds), size_m=100)


def test_a_product_that_is_gone_says_since_when(
    store: Path, cut: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ProductGone, match="there on 2018-05-12, when its statistics were made"):
        cut(look("/eodata/none.SAFE"))
    told = "deleted, known since 2018-07-01 (obsolete)"
    with pytest.raises(ProductGone, match="since 2018-07-01"):
        cut(look("/eodata/none.SAFE", held=Held.DELETED, why=told))
    with pytest.raises(ProductNotHeld, match="only statistics"):
        cut(look(None))
    monkeypatch.setenv("CBM_PLATFORMS_LOCAL_STORE", "files:/not/mounted")
    with pytest.raises(StoreDown):
        cut(look("/eodata/none.SAFE"))


def test_a_damaged_file(l2a: Path, cut: Callable[..., object]) -> None:
    place = look(f"/eodata/{l2a.name}")
    image = next(l2a.rglob("*B04*"))
    whole = image.read_bytes()
    for content in (b"", whole[:200], whole[: len(whole) // 2]):
        image.write_bytes(content)
        with pytest.raises(CorruptProduct):
            cut(place, size_m=100)
    image.unlink()
    with pytest.raises(InconsistentProduct, match="has no band B04"):
        cut(place, size_m=100)


def test_classes_that_are_missing(store: Path, cut: Callable[..., object]) -> None:
    product = write_l2a(store, {"B04": RED}, None, xml=l2a_xml())
    with pytest.raises(InconsistentProduct, match="no scene classes"):
        cut(look(f"/eodata/{product.name}"), bands="B04", clear_only=True)
    with pytest.raises(ChipError, match="only Sentinel-2"):
        cut(look("/eodata/x", Kind.CARD_BS), clear_only=True)
    assert Kind.CARD_BS.card is Card.BS


@pytest.mark.parametrize("nodata", [-9999.0, 0.5, 65535.0, None, float("nan")])
def test_numbers_for_no_data_that_a_band_cannot_hold(tmp_path: Path, nodata: float | None) -> None:
    file = write_raster(tmp_path / "a.tif", RED)
    grid = Grid(UTM32, TRANSFORM_10M, 200, 200)
    band = Band("B04", str(file), 1, "uint16", nodata, 1.0, 0.0, grid)
    frame = Frame(UTM32, TRANSFORM_10M, 3, 2)
    ((numbers, data),) = read_layers([band], frame)
    assert numbers.tolist() == RED[:2, :3].tolist()
    assert data.all()
    beyond = Frame(UTM32, TRANSFORM_10M @ Affine.translation(-1, 0), 3, 2)
    ((numbers, data),) = read_layers([band], beyond)
    assert data[:, 0].tolist() == [False, False]
    with MemoryFile(raw([band], [(numbers, data)], beyond, {})) as memory, memory.open() as found:
        assert found.dataset_mask()[:, 0].tolist() == [0, 0]
        assert found.read(1)[:, 1:].tolist() == RED[:2, :2].tolist()
