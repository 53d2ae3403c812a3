"""Chips of a season in the database: which dates there are, and cutting one by its scene."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from affine import Affine
from blocks import add_block, add_scene, add_season, add_signatures
from card_products import l2a_xml, write_l2a
from rasterio.io import MemoryFile
from typer.testing import CliRunner

from dias_cbm import chips, ledger, seasons
from dias_cbm.chips import Format, Held, Wish
from dias_cbm.cli.chips import app
from dias_cbm.db.connection import Connection
from dias_cbm.errors import ChipError, ParcelUnknown, ProductGone, ProductNotHeld
from dias_cbm.parcel_shape import shape_of
from dias_cbm.scenes import Cause, Kind, Status
from dias_cbm.seasons import Season

pytestmark = pytest.mark.integration
#: The parcels of ``add_block`` lie at 500000 to 500100, 6200000 to 6200100, in EPSG:25832.
PLACE = (499_500, 6_200_600)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CBM_PLATFORMS_LOCAL_STORE", f"files:{tmp_path}/eodata")
    monkeypatch.setenv("CBM_CHIPS_CACHE_FOLDER", str(tmp_path / "chips"))
    (tmp_path / "eodata").mkdir()
    return tmp_path / "eodata"


@pytest.fixture
def season(connection: Connection) -> Season:
    add_block(connection, add_season(connection, "dk-2018"), 1, ["p1", "p2"])
    return seasons.get(connection, "dk-2018")


def observed(
    connection: Connection, season: Season, day: int, kind: Kind = Kind.S2_L2A,
    classes: dict[int, tuple[float, float]] | None = None, **more: Any,
) -> Any:  # fmt: skip
    """A scene with statistics; pixels of each scene class, of both parcels."""
    at = datetime(2018, 5, day, 10, 30, tzinfo=UTC)
    scene = add_scene(connection, f"{kind}_{day}", at, kind, rel_orbit=108, **more)
    band = "NDVI" if kind is Kind.S2_L2A else "VV"
    add_signatures(connection, season.id, scene, 1, band, [100, 100], [0.5, np.nan])
    for number, counts in (classes or {}).items():
        connection.execute(
            "insert into histogram_block values (%s, %s, 1, %s, %s::real[])",
            (season.id, scene.id, number, [float(one) for one in counts]),
        )
    connection.commit()
    return scene


def test_the_dates_of_a_parcel(connection: Connection, season: Season) -> None:
    nan = float("nan")
    clear = observed(connection, season, 3, classes={4: (90, 0), 9: (10, 100), 0: (7, 0)})
    radar = observed(connection, season, 1, Kind.CARD_BS)
    gone = observed(connection, season, 9, classes={5: (100, nan)})
    ledger.change(connection, gone.id, expected=Status.INGESTED, to=Status.READY)
    ledger.change(
        connection, gone.id, expected=Status.READY, to=Status.FAILED, cause=Cause.DELETED,
        reason="its platform says: obsolete", attempts=1,
    )  # fmt: skip
    observed(connection, season, 12, location=None)
    observed(connection, season, 15, online=False)
    other = add_scene(connection, "elsewhere", datetime(2018, 5, 4, tzinfo=UTC), Kind.S2_L2A)
    add_signatures(connection, season.id, other, 1, "NDVI", [nan, nan], [nan, nan])
    found = chips.dates(connection, season, "p1")
    assert [(one.day.day, one.sensor, one.clear_share, one.held) for one in found] == [
        (1, "S1", None, Held.HELD),
        (3, "S2", 0.9, Held.HELD),
        (9, "S2", 1.0, Held.DELETED),
        (12, "S2", None, Held.STATISTICS_ONLY),
        (15, "S2", None, Held.OFFLINE),
    ]
    assert (found[0].obsid, found[0].orbit, found[0].direction) == (radar.id, 108, "A")
    assert (found[1].obsid, found[1].ndvi, found[1].pixels) == (clear.id, 0.5, 100)
    assert "its platform says: obsolete" in (found[2].why or "")
    assert [one.why is None for one in found] == [True, True, False, False, False]
    second = chips.dates(connection, season, "p2")
    assert [(one.day.day, one.clear_share, one.ndvi) for one in second][1] == (3, 0.0, None)
    assert [one.obsid for one in chips.dates(connection, season, "p1", clear.id)] == [clear.id]


def test_a_parcel_without_dates_and_a_stranger(connection: Connection, season: Season) -> None:
    assert chips.dates(connection, season, "p1") == []
    for call in (chips.dates, shape_of):
        with pytest.raises(ParcelUnknown):
            call(connection, season, "p3")
    with pytest.raises(ChipError, match="scene 99 has no statistics of this parcel"):
        chips.cut(connection, season, "p1", 99)


def test_a_chip_by_its_scene(connection: Connection, season: Season, store: Path) -> None:
    red = np.arange(110 * 110, dtype="u2").reshape(110, 110) + 1
    place = Affine(10, 0, PLACE[0], 0, -10, PLACE[1])
    product = write_l2a(store, {"B04": red}, None, xml=l2a_xml(), transform=place)
    scene = observed(connection, season, 3, location=f"/eodata/{product.name}")
    wish = Wish("B04", 200, Format.TIFF)
    chip = chips.cut(connection, season, "p1", scene.id, wish)
    # The product's datum differs from the season's by nothing: centre 500050, 6200050.
    assert chip.bounds == (499_950, 6_199_950, 500_150, 6_200_150)
    with MemoryFile(chip.image) as memory, memory.open() as dataset:
        assert dataset.read(1).tolist() == red[45:65, 45:65].tolist()
    assert chip.outline == "M5.0 15.0 L5.0 5.0 L15.0 5.0 L15.0 15.0Z"
    product.rename(store / "moved")
    assert chips.cut(connection, season, "p1", scene.id, wish) == chip
    with pytest.raises(ProductGone):
        chips.cut(connection, season, "p1", scene.id, Wish("B04"))
    alone = observed(connection, season, 9, location=None)
    with pytest.raises(ProductNotHeld):
        chips.cut(connection, season, "p1", alone.id)


@pytest.mark.real_data
def test_real_parcels_on_a_real_image(connection: Connection, real_data: Path, store: Path) -> None:
    """The chip of a Danish parcel has the numbers that rasterio reads at the same coordinates."""
    import geopandas
    import rasterio
    from rasterio.windows import from_bounds

    folder = real_data / "dk2016"
    with rasterio.open(folder / "RGB_small.tif") as image:
        bands = dict(zip(("B02", "B03", "B04"), image.read(), strict=True))
        product = write_l2a(
            store, bands, None, xml=l2a_xml(), transform=image.transform, crs=image.crs
        )
        parcels = geopandas.read_file(folder / "marker2016.gpkg").to_crs(image.crs)
        middle = parcels.geometry.iloc[parcels.distance(parcels.union_all().centroid).argmin()]
        scene = add_scene(connection, product.name, datetime(2016, 5, 8, tzinfo=UTC), Kind.S2_L2A)
        made = add_season(connection, "dk-2016")
        add_block(connection, made, 1, ["p1"])
        connection.execute(
            "update parcel set geom = st_multi(st_geomfromtext(%s, 25832)) where season = %s",
            (middle.wkt, made),
        )
        add_signatures(connection, made, scene, 1, "B04", [9], [1])
        chip = chips.cut(
            connection, seasons.get(connection, "dk-2016"), "p1", scene.id,
            Wish("true_colour", form=Format.TIFF),
        )  # fmt: skip
        window = from_bounds(*chip.bounds, image.transform)
        expected = image.read([3, 2, 1], window=window)
    assert (window.width, window.height) == (chip.width, chip.height)
    with MemoryFile(chip.image) as memory, memory.open() as dataset:
        assert np.array_equal(dataset.read(), expected)


def test_from_the_command_line(
    connection: Connection, season: Season, store: Path, tmp_path: Path
) -> None:
    def call(*words: object) -> Any:
        return CliRunner().invoke(app, [str(word) for word in words])

    pixels = np.full((110, 110), 1500, "u2")
    place = Affine(10, 0, PLACE[0], 0, -10, PLACE[1])
    bands = dict.fromkeys(("B02", "B03", "B04"), pixels)
    product = write_l2a(store, bands, None, xml=l2a_xml(), transform=place)
    assert "no scene has statistics of it yet" in call("list", "dk-2018", "p1").output
    scene = observed(connection, season, 3, location=f"/eodata/{product.name}")
    (row,) = json.loads(call("list", "dk-2018", "p1", "--json").output)
    assert (row["scene"], row["held"], row["card"]) == (scene.id, "held", "s2")
    for name, head in (("a.png", b"\x89PNG"), ("a.webp", b"RIFF"), ("a.tif", b"II*\0")):
        done = call("cut", "dk-2018", "p1", scene.id, "--out", tmp_path / name, "--size", 500)
        assert done.exit_code == 0, done.exception
        assert "50 x 50 pixels of 10, true_colour" in done.output
        assert (tmp_path / name).read_bytes().startswith(head)
    done = call("cut", "dk-2018", "p1", scene.id, "--out", tmp_path / "a.jpg")
    assert done.exit_code == 2
    done = call("cut", "dk-2018", "p1", scene.id, "--out", tmp_path / "b.png", "--size", "nan")
    assert isinstance(done.exception, ChipError)
    assert not (tmp_path / "b.png").exists()
