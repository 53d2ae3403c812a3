"""A small simulated season, made once for all tests, and a local DIAS that serves it."""

from __future__ import annotations

from contextlib import ExitStack

import httpx
import pytest
from in_thread import in_thread

from dias_cbm_lab.dias import server
from dias_cbm_lab.season.simulate import DemoSeason, make

DAYS, PARCELS, SEED = 21, 100, 5


@pytest.fixture(scope="session")
def small_season(tmp_path_factory: pytest.TempPathFactory) -> DemoSeason:
    folder = tmp_path_factory.mktemp("demo") / "season"
    return make(folder, days=DAYS, parcels=PARCELS, seed=SEED, workers=1)


class Running:
    """A server of a season in a thread."""

    def __init__(self, folder):
        self.held = ExitStack()
        self.address = self.held.enter_context(in_thread(server.application(folder)))
        client = httpx.Client(base_url=self.address, trust_env=False)
        self.client = self.held.enter_context(client)

    @property
    def url(self):
        """Base of its catalogue."""
        return f"{self.address}/odata/v1"

    def get(self, **options):
        query = {f"${name}": str(value) for name, value in options.items()}
        return self.client.get("/odata/v1/Products", params=query)

    def found(self, **options):
        reply = self.get(**options)
        assert reply.status_code == 200, reply.text
        return reply.json()["value"]

    def set_clock(self, now):
        return self.client.post("/demo/clock", json={"now": now})

    def stop(self):
        self.held.close()


@pytest.fixture(scope="session")
def shared(small_season):
    running = Running(small_season.folder)
    yield running
    running.stop()


@pytest.fixture
def dias(shared):
    shared.set_clock(None)
    yield shared
    shared.set_clock(None)
