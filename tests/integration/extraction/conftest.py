"""A small season on the ground of the tiny products, and scenes that are ready to extract."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import geopandas
import pytest
import shapely
from blocks import AREA, add_scene
from card_products import l2a_xml, write_backscatter, write_l2a
from extracted import BANDS, PARCELS, REFLECTANCE, SCL
from fields import LoadParcels, Ready

from dias_cbm import ledger, seasons
from dias_cbm.db.connection import Connection
from dias_cbm.ledger import LedgerScene, Unit
from dias_cbm.parcels.load import load
from dias_cbm.scenes import Kind, Status

START = datetime(2018, 5, 11, 5, 39, 56, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that stands for /eodata."""
    folder = tmp_path / "eodata"
    folder.mkdir()
    monkeypatch.setenv("CBM_PLATFORMS_LOCAL_STORE", f"files:{folder}")
    return folder


@pytest.fixture
def load_parcels(connection: Connection, tmp_path: Path) -> LoadParcels:
    """Load parcels given in pixels' rectangles into the season ``test-2018``."""

    def run(parcels: dict[str, shapely.Geometry], crs: str | int = 32632, **options: bool) -> int:
        frame = geopandas.GeoDataFrame(
            {"pid": list(parcels), "crop": "barley"}, geometry=list(parcels.values()), crs=32632
        )
        file = tmp_path / "parcels.gpkg"
        frame.to_crs(crs).to_file(file)
        load(
            connection, file, "test-2018", id_column="pid", crop_column="crop", area=AREA, **options
        )
        return seasons.get(connection, "test-2018").id

    return run


@pytest.fixture
def ready(connection: Connection, store: Path) -> Ready:
    """Enter a product of the store into the ledger, ready, and plan its extraction."""

    def enter(product: Path, kind: Kind, name: str | None = None) -> tuple[LedgerScene, Unit]:
        scene = add_scene(
            connection,
            name or product.name,
            START,
            kind,
            status=Status.READY,
            location=f"/eodata/{product.relative_to(store)}",
        )
        units: Sequence[Unit] = ledger.plan_extractions(connection, scene.id)
        connection.commit()
        assert len(units) == 1
        return scene, units[0]

    return enter


@pytest.fixture
def unit(store: Path, load_parcels: LoadParcels, ready: Ready) -> Unit:
    """Of a scene of CARD-BS with :data:`BANDS` over :data:`PARCELS`, ready to extract."""
    load_parcels(PARCELS)
    return ready(write_backscatter(store, BANDS), Kind.CARD_BS)[1]


@pytest.fixture
def optical(store: Path) -> Path:
    """An L2A product: two bands and SCL; offset -1000, quantification 10000."""
    bands = {"B04": REFLECTANCE, "B08": 2 * REFLECTANCE}
    xml = l2a_xml(offsets=dict.fromkeys(range(13), -1000))
    return write_l2a(store, bands, SCL, xml=xml)
