"""The window over a season of two tiles, with one visitor."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from observed_season import radar, world
from window_host import READER, StandIn

from dias_cbm.window.app import application

__all__ = ["radar", "world"]


@pytest.fixture
def host(database: str) -> StandIn:
    return StandIn(database, READER)


@pytest.fixture
def app(host: StandIn) -> Iterator[FastAPI]:
    made = application(host)
    yield made
    made.state.context.gate.close()


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, raise_server_exceptions=False) as opened:
        yield opened
