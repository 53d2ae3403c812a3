"""A project's table of products at SOBLOO: latitude first, columns by configuration."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
import shapely
from shapely import MultiPolygon

from dias_cbm.catalogue import Query, open_catalogue
from dias_cbm.catalogue.adapters.sobloo_postgis import SoblooPostgis
from dias_cbm.db.connection import Connection
from dias_cbm.errors import SchemaChanged, SettingsError, Unavailable
from dias_cbm.scenes import Kind

pytestmark = pytest.mark.integration

START = datetime(2018, 5, 1, tzinfo=UTC)
SELECTION = (
    'select uid as product_id, reference as name, sensed as start, sensed as "end",'
    " footprint as geometry from datas where reference not like '%%COG%%'"
)
NAME = "S2A_MSIL2A_201805{:02}T000000_N0207_R108_T32VNH_20180501T134500"


@pytest.fixture(autouse=True)
def table(connection: Connection) -> Iterator[None]:
    connection.execute(
        "create table datas (uid integer, reference text, sensed timestamptz, footprint geometry)"
    )
    # Stored with latitude first.
    outline = "SRID=4326;POLYGON((55 9, 55 11, 56 11, 56 9, 55 9))"
    for day in range(1, 5):
        connection.execute(
            "insert into datas values (%s, %s, %s, %s)",
            (day, NAME.format(day), START + timedelta(days=day - 1), outline if day != 3 else None),
        )
    connection.commit()
    yield
    connection.rollback()
    connection.execute("drop table datas")
    connection.commit()


def question(area: MultiPolygon | None) -> Query:
    return Query((Kind.S2_L2A,), area, START, START + timedelta(days=3))


def test_geometries_are_flipped_to_compare_and_to_read(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CBM_PLATFORMS_SOBLOO_POSTGIS_CATALOGUE_SQL", SELECTION)
    catalogue = open_catalogue("sobloo-postgis", database)
    here = MultiPolygon([shapely.box(9.5, 55.2, 10, 55.5)])
    (page,) = catalogue.search(question(here))
    assert [scene.name for scene in page.scenes] == [NAME.format(1), NAME.format(2)]
    assert page.scenes[0].footprint is not None
    assert page.scenes[0].footprint.bounds == (9, 55, 11, 56)
    assert [entry.name for entry in page.quarantined] == [NAME.format(3)]
    flipped = MultiPolygon([shapely.box(55.2, 9.5, 55.5, 10)])
    pages = list(catalogue.search(question(flipped)))
    assert [scene for page in pages for scene in page.scenes] == []


def test_a_selection_without_a_column_says_which(database: str) -> None:
    selection = "select uid as product_id, sensed as start, footprint as geometry from datas"
    with pytest.raises(SchemaChanged, match="name"):
        list(SoblooPostgis("sobloo", database, selection).search(question(None)))
    with pytest.raises(SchemaChanged, match="geometry"):
        list(SoblooPostgis("sobloo", database, "select 1 as product_id").search(question(None)))


def test_a_database_that_is_away_is_unavailable_and_keeps_its_password() -> None:
    address = "postgresql://me:secret@127.0.0.1:1/none"
    with pytest.raises(Unavailable) as caught:
        list(SoblooPostgis("sobloo", address, SELECTION).search(question(None)))
    assert "secret" not in str(caught.value)
    assert isinstance(caught.value.__cause__, psycopg.Error | None)


def test_without_a_selection_it_cannot_be_opened() -> None:
    with pytest.raises(SettingsError, match="catalogue_sql"):
        open_catalogue("sobloo-postgis", "postgresql://127.0.0.1/none")
