"""One rate for all processes on one database."""

import threading
from collections.abc import Iterator

import psycopg
import pytest

from dias_cbm.db.connection import Connection, connect
from dias_cbm.transport.rate_limit import SharedBucket

pytestmark = pytest.mark.integration


@pytest.fixture(autouse=True)
def fresh(connection: Connection) -> Iterator[None]:
    connection.execute("truncate rate_limit")
    connection.commit()
    yield


def test_a_burst_of_one_second_is_free_then_calls_are_spaced(database: str) -> None:
    waits: list[float] = []
    bucket = SharedBucket("cdse", 4.0, sleep=waits.append)
    for _ in range(8):
        bucket.take()
    bucket.close()
    assert len(waits) == 4
    # A quarter of a second for each place in the queue, less the little that has passed.
    assert all(0.25 * place - 0.2 < wait <= 0.25 * place for place, wait in enumerate(waits, 1))


def test_processes_share_one_queue(database: str) -> None:
    waits: list[float] = []
    buckets = [SharedBucket("cdse", 2.0, sleep=waits.append) for _ in range(4)]

    def work(bucket: SharedBucket) -> None:
        for _ in range(5):
            bucket.take()
        bucket.close()

    threads = [threading.Thread(target=work, args=(bucket,)) for bucket in buckets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # 20 calls, two of them free: the last waits for nine seconds, and no two for the same place.
    assert len(waits) == 18
    assert 8.0 < max(waits) <= 9.0
    gaps = [
        later - earlier for earlier, later in zip(sorted(waits), sorted(waits)[1:], strict=False)
    ]
    assert min(gaps) > 0.3


def test_platforms_have_their_own(database: str) -> None:
    waits: list[float] = []
    for platform in ("cdse", "creodias"):
        bucket = SharedBucket(platform, 1.0, sleep=waits.append)
        bucket.take()
        bucket.close()
    assert waits == []


def test_a_clock_set_back_takes_no_tokens_away(database: str, connection: Connection) -> None:
    bucket = SharedBucket("cdse", 5.0, sleep=lambda _: None)
    bucket.take()
    connection.execute("update rate_limit set filled_at = now() + interval '1 hour'")
    connection.commit()
    bucket.take()
    bucket.close()
    row = connection.execute("select tokens from rate_limit").fetchone()
    assert row is not None
    assert row.tokens == pytest.approx(3.0, abs=0.1)


def test_without_a_database_the_work_goes_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("CBM_DATABASE_URL", "postgresql://nobody:secret@127.0.0.1:1/none")
    bucket = SharedBucket("nowhere", 1000.0)
    bucket.take()
    bucket.take()
    assert caplog.text.count("no shared rate limit") == 1
    assert "secret" not in caplog.text


def test_no_connection_is_left_open(database: str, connection: Connection) -> None:
    bucket = SharedBucket("cdse", 100.0)
    bucket.take()
    bucket.close()
    with connect(application="watch") as other:
        open_ones = other.execute(
            "select count(*) as n from pg_stat_activity"
            " where datname = current_database() and application_name = 'cbm rate limit'"
        )
        row = open_ones.fetchone()
    assert row is not None
    assert row.n == 0
    assert isinstance(connection, psycopg.Connection)
