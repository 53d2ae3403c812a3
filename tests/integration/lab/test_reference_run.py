"""A season through plain library calls, from a mounted store and from a bucket: the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

from dias_cbm.db.connection import connect
from dias_cbm_lab.chaos.checks import scratch_database
from dias_cbm_lab.demo import reference_run
from dias_cbm_lab.demo.environment import making
from dias_cbm_lab.dias import bucket

pytestmark = pytest.mark.integration


@pytest.fixture
def other(database: str) -> Iterator[str]:
    """An empty database beside that of the test."""
    url = scratch_database(database)
    yield url
    with psycopg.connect(database, autocommit=True) as server:
        server.execute(f'drop database "{urlsplit(url).path[1:]}" with (force)')


def test_both_stores_give_the_same_season_and_a_difference_is_found(
    database: str,
    other: str,
    small_season: Any,
    dias: Any,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    for name, value in {
        "CBM_PLATFORM": "local",
        "CBM_PLATFORMS_LOCAL_CATALOGUE_URL": dias.url,
        "CBM_PLATFORMS_LOCAL_STORE": f"files:{small_season.store}",
        "CBM_STORE_CACHE_FOLDER": str(tmp_path / "products"),
        "CBM_HTTP_REQUESTS_PER_S": "1000",
        **making(small_season.dem, tmp_path / "made"),
    }.items():
        monkeypatch.setenv(name, value)
    dias.set_clock(small_season.truth()["clocks"]["afterwards"])
    reference_run.process(small_season, database)
    address = bucket.address(dias.url.removesuffix("/odata/v1"))
    monkeypatch.setenv("CBM_PLATFORMS_LOCAL_STORE", address)
    monkeypatch.setenv("CBM_PLATFORMS_MADE_STORE", f"files:{tmp_path / 'made again'}")
    reference_run.process(small_season, other)

    with connect(database) as one, connect(other) as two:
        # A corrupt product's reason names the file, which lies elsewhere.
        found = [text for text in reference_run.differences(one, two) if "corrupt" not in text]
        assert found == []
        assert one.execute("select count(*) as n from signature_block").fetchone().n > 40
        two.execute(
            "delete from signature_block where ctid = (select ctid from signature_block limit 1)"
        )
        two.execute(
            "update five_day_mean_block set mean[1] = coalesce(nullif(mean[1], 'NaN'), 0) + 1"
            " where ctid = (select ctid from five_day_mean_block limit 1)"
        )
        two.execute("update dias_catalogue set status = 'ready' where status = 'no_parcels'")
        kinds = [text.partition(" (")[0] for text in reference_run.differences(one, two)]
        assert "signatures: unexpected" in kinds
        assert "five-day means: other values" in kinds
        assert "ledger: lost" in kinds
        two.rollback()
