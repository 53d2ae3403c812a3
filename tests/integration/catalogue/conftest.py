"""A season, and a service that the ``local`` platform is set to."""

from collections.abc import Iterator
from datetime import date

import pytest
import shapely
from odata_service import ODataService, served
from shapely import MultiPolygon

from dias_cbm import seasons
from dias_cbm.db.connection import Connection
from dias_cbm.seasons import Season


@pytest.fixture
def season(connection: Connection) -> Season:
    area = MultiPolygon([shapely.box(9.5, 55.5, 10.5, 56.0)])
    created = seasons.create(
        connection, "dk-2018", area, 25832, date(2018, 5, 1), date(2018, 6, 30)
    )
    connection.commit()
    return created


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[ODataService]:
    """The catalogue of the default platform, empty."""
    one = ODataService()
    monkeypatch.setenv("CBM_PLATFORM", "local")
    monkeypatch.setenv("CBM_HTTP_REQUESTS_PER_S", "1000")
    with served(one) as url:
        monkeypatch.setenv("CBM_PLATFORMS_LOCAL_CATALOGUE_URL", url)
        yield one
