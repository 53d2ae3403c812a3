"""The window may be slow, the server that carries it never."""

from __future__ import annotations

import time
from collections import Counter

import anyio
import httpx
import psycopg
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from observed_season import World
from window_host import READER, StandIn

from dias_cbm.window import gate
from dias_cbm.window.app import application
from dias_cbm.window.gate import Busy, Gate, limited

pytestmark = pytest.mark.integration


def test_a_hundred_hanging_views_leave_the_server_its_loop_and_its_threads(
    world: World, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Routes of the host, in its loop and in its threads, answer while a table is locked."""
    monkeypatch.setattr(gate, "_LIMITS", "set local lock_timeout = '1500ms'")
    outer = FastAPI()
    host = StandIn(database, READER)
    inner = application(host)
    inner.state.context.gate = Gate(host.connect, patience_s=2)
    outer.mount("/cbm", inner)

    async def in_the_loop() -> str:
        return "well"

    outer.get("/health")(in_the_loop)
    outer.get("/threads")(lambda: "well")
    codes: Counter[int] = Counter()
    slowest = 0.0

    async def look() -> None:
        nonlocal slowest
        transport = httpx.ASGITransport(app=outer)
        async with (
            httpx.AsyncClient(transport=transport, base_url="http://a", timeout=60) as http,
            anyio.create_task_group() as tasks,
        ):

            async def view(number: int) -> None:
                path = ("", "/dk-2018", "/dk-2018/gaps", "/dk-2018/calendar")[number % 4]
                codes[(await http.get(f"/cbm/api/v1/seasons{path}")).status_code] += 1

            for number in range(100):
                tasks.start_soon(view, number)
            await anyio.sleep(0.5)
            for path in ("/health", "/threads") * 3:
                began = time.monotonic()
                assert (await http.get(path)).status_code == 200
                slowest = max(slowest, time.monotonic() - began)
                await anyio.sleep(0.2)

    with psycopg.connect(database) as other:
        other.execute("lock table season in access exclusive mode")
        anyio.run(look)
    assert slowest < 1.0
    assert codes == {503: 100}
    # Once the lock is gone, all is well again.
    with TestClient(inner) as client:
        assert client.get("/api/v1/seasons").status_code == 200
    inner.state.context.gate.close()


def test_a_queue_that_is_full_refuses_at_once() -> None:
    small = Gate(lambda: pytest.fail("no database"), at_work=1, waiting=1, patience_s=0.2)
    outcomes: list[str] = []

    async def work(seconds: float) -> None:
        try:
            await small.thread(lambda: time.sleep(seconds))
            outcomes.append("done")
        except Busy:
            outcomes.append("busy")

    async def three() -> None:
        async with anyio.create_task_group() as tasks:
            for _ in range(3):
                tasks.start_soon(work, 0.5)
        # The place is free again.
        await work(0)

    anyio.run(three)
    assert sorted(outcomes) == ["busy", "busy", "done", "done"]


def test_connections_are_kept_and_have_limits(database: str) -> None:
    opened: list[int] = []

    def open_one() -> gate.Connection:
        found = limited(database, "window test")
        opened.append(found.info.backend_pid)
        return found

    own = Gate(open_one)

    def look(connection: gate.Connection) -> tuple[str, int]:
        connection.execute("create temp table if not exists left_over (a integer)")
        timeout = connection.execute("show statement_timeout").fetchone()
        return timeout.statement_timeout, connection.info.backend_pid

    async def twice() -> None:
        first = await own.run(look)
        assert await own.run(look) == first == ("20s", opened[0])
        # What a request did not commit is rolled back.
        left = await own.run(lambda one: one.execute("select to_regclass('left_over')").fetchone())
        assert left.to_regclass is None
        with psycopg.connect(database, autocommit=True) as other:
            other.execute("select pg_terminate_backend(%s)", (opened[0],))
        assert (await own.run(look))[1] == opened[1]

    anyio.run(twice)
    own.close()
    assert len(opened) == 2


def test_a_database_that_is_not_up_to_date_or_away(
    client: TestClient, host: StandIn, database: str
) -> None:
    host.url = database.rpartition("/")[0] + "/postgres"
    reply = client.get("/api/v1/seasons")
    assert reply.status_code == 503
    assert "relation" not in reply.text
    host.url = "postgresql://cbm:hidden@127.0.0.1:1/cbm"
    began = time.monotonic()
    reply = client.get("/api/v1/seasons", headers={"Accept": "text/html"})
    assert reply.status_code == 503
    assert time.monotonic() - began < 10
    assert "hidden" not in reply.text and "127.0.0.1" not in reply.text
    # The shell of a page needs no database: it says itself what is missing.
    assert client.get("/seasons/dk-2018").status_code == 200
