"""A small simulated season, its local DIAS, and the settings that lead to them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from in_thread import in_thread

from dias_cbm import seasons
from dias_cbm.seasons import Season
from dias_cbm_lab.demo import main_job
from dias_cbm_lab.dias import server
from dias_cbm_lab.season import simulate


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Three weeks over a hundred parcels, as files."""
    folder = tmp_path_factory.mktemp("pipeline") / "season"
    return simulate.make(folder, days=21, parcels=100, seed=1, workers=1)


@pytest.fixture(scope="session")
def dias_url(simulated: Any) -> Iterator[str]:
    """The catalogue that lists the season, in a thread."""
    with in_thread(server.application(simulated.folder)) as url:
        yield f"{url}/odata/v1"


@pytest.fixture
def season(
    simulated: Any, dias_url: str, connection: Any, monkeypatch: pytest.MonkeyPatch
) -> Season:
    """The season with its parcels, and settings that lead to its platform."""
    monkeypatch.setenv("CBM_PLATFORM", "local")
    monkeypatch.setenv("CBM_PLATFORMS_LOCAL_CATALOGUE_URL", dias_url)
    monkeypatch.setenv("CBM_PLATFORMS_LOCAL_STORE", f"files:{simulated.store}")
    monkeypatch.setenv("CBM_HTTP_REQUESTS_PER_S", "1000")
    main_job.load_season(connection, simulated)
    return seasons.get(connection, simulated.name)


@pytest.fixture(scope="session")
def clear_day(simulated: Any) -> date:
    """A day with backscatter of one pass, and no planted fault."""
    entries = simulated.truth()["faults"].values()
    planted = {fault["date"] for fault in entries}
    listed = json.loads((simulated.folder / "catalogue.json").read_text())["value"]
    days = {e["ContentDate"]["Start"][:10] for e in listed if e["Name"].endswith("CARD_BS")}
    return date.fromisoformat(min(days - planted))
