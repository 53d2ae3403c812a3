"""What a backfill would do, and the command that does it."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
import shapely
from typer.testing import CliRunner, Result

from dias_cbm import ledger
from dias_cbm.backfill import airflow_api
from dias_cbm.backfill.estimate import BYTES_PER_RECORD, Estimate, estimate
from dias_cbm.cli.backfill import app
from dias_cbm.errors import Unavailable
from dias_cbm.scenes import Card, Kind, Scene

pytestmark = pytest.mark.integration

FIRST, LAST = date(2018, 5, 10), date(2018, 5, 31)
WEST = shapely.MultiPolygon([shapely.box(9.0, 56.0, 9.9, 57.0)])


def listed(day: int, product_id: str, **more: Any) -> Scene:
    start = datetime(2018, 5, day, 17, tzinfo=UTC)
    values = {"footprint": WEST, "size": 1000, **more}
    return Scene("cdse", product_id, f"S1A_{day}", Kind.CARD_BS, "S1A", start, start, **values)


def estimated(world: Any, *scenes: Scene, card: Card = Card.BS) -> Estimate:
    return estimate(world.connection, world.season, card, FIRST, LAST, scenes)


def test_what_is_extracted_is_not_to_do(radar: Callable[..., Any]) -> None:
    found = estimated(radar())
    assert (found.days, found.closed, found.expected) == (22, 0, 3)
    assert (found.scenes, found.todo, found.units, found.records) == (3, 0, 0, 0)
    assert (found.seconds, found.measured) == (0.0, 6)


def test_what_the_catalogue_lists_is_counted_once_and_measured(radar: Callable[..., Any]) -> None:
    """Tile 32VNH has 1000 parcels; what was extracted has one band and took a second a unit."""
    world = radar(lost=(14,))
    world.scene(Kind.CARD_BS, 14, footprint=WEST, product_id="a", size=500)
    unknown = [listed(20, "b"), listed(15, "a"), listed(5, "too early"), listed(21, "c", size=None)]
    found = estimated(world, *unknown)
    assert (found.scenes, found.todo, found.units) == (2 + 1 + 2, 3, 3)
    assert (found.size, found.sized) == (1500, 2)
    assert (found.records, found.seconds) == (3000, 3.0)
    assert found.disk_needed == round(3000 * BYTES_PER_RECORD)
    text = "\n".join(found.lines(2))
    assert "5, of which 3 are to do (1.5 kB, and 1 of unknown size)" in text
    assert "measured on 5" in text


def test_the_cost_of_getting_them_is_compared(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CBM_COST_CORE_HOUR", "0.5")
    kinds = {"kind": Kind.S1_GRD, "footprint": WEST}
    for day in (15, 16):
        world.scene(day=day - 1, **kinds, size=2_000_000_000)
    made = world.scene(Kind.CARD_BS, 1, platform="made")
    world.connection.execute(
        """update dias_catalogue set engine = '{"engine": "embedded", "cpu_seconds": 90.0}'
        where id = %s""",
        (made,),
    )
    (known,) = world.connection.execute(
        "select reference from dias_catalogue where kind = 'S1_GRD' order by id limit 1"
    ).fetchone()
    grd = listed(20, "g")
    grds = [replace(grd, kind=Kind.S1_GRD, name=name, size=None) for name in (known, "new", "new")]
    found = estimated(world, *grds)
    here = {way.engine: way for way in found.ways}["embedded"]
    assert (found.acquisitions, here.products, here.size) == (3, 3, 6e9)
    assert (here.seconds_from, here.money) == ("measured on 1 made here", 3 * 90 / 3600 * 0.5)
    assert "3 products, 0.1 CPU h (90 s each, measured on 1 made here), 6 GB" in str(found.lines())
    # What is extracted need not be made; what is listed as a product is to do in any case.
    world.extracted(Kind.CARD_BS, 15, footprint=WEST)
    assert estimated(world, *grds).ways[0].products == 2
    cards = [listed(20 + n, f"card{n}") for n in range(5)]
    assert estimated(world, *grds, *cards).ways[0].products == 5


def test_nothing_measured_is_said_so(world: Any) -> None:
    found = estimated(world, listed(15, "a"))
    assert (found.seconds, found.records) == (None, 2000)
    assert "not measured in this installation yet" in "\n".join(found.lines())


def test_reprocessing_says_what_it_replaces(radar: Callable[..., Any]) -> None:
    world = radar()
    old = world.connection.execute(
        "select id from dias_catalogue where card = 'bs' and obstime > '2018-05-15' order by id"
    ).fetchone()
    ledger.supersede(world.connection, old.id, world.scene(Kind.CARD_BS, 14, footprint=WEST))
    world.connection.execute(
        "insert into observed_day values (%s, 'bs', '2018-05-15', now(), '{}')", (world.season.id,)
    )
    found = estimated(world)
    assert (found.replaced, found.replaced_records, found.closed) == (1, 50, 1)
    assert "their 50 records are replaced" in found.replaces()


@pytest.fixture
def command(radar: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The command, a season with one product to do, and a stand-in for Airflow and catalogue."""
    world = radar(lost=(14,))
    world.connection.execute("update extraction set records = 1")
    world.connection.commit()
    catalogue = SimpleNamespace(
        search=lambda query: iter([SimpleNamespace(scenes=[listed(15, "a")])]), close=lambda: None
    )
    monkeypatch.setattr("dias_cbm.backfill.listing.open_catalogue", lambda platform: catalogue)
    monkeypatch.setenv("CBM_AIRFLOW_URL", "http://airflow")
    monkeypatch.setenv("CBM_AIRFLOW_TOKEN", "t")
    airflow = SimpleNamespace(
        started=[],
        dags=lambda: {"cbm_bs": False},
        backfills=lambda dag: [],
        backfill=lambda *values, **more: airflow.started.append((values, more)),
        runs=lambda dag, first, last: {FIRST: "success"},
    )
    monkeypatch.setattr(airflow_api, "AirflowApi", lambda *values, **more: airflow)

    def call(verb: str, *arguments: str, input: str | None = None) -> Result:  # noqa: A002
        days = ("--card", "bs", "--from", str(FIRST), "--to", str(LAST))
        line = [verb, "dk-2018", *days, *arguments]
        return CliRunner().invoke(app, line, input=input, catch_exceptions=False)

    yield SimpleNamespace(
        run=partial(call, "run"),
        pause=partial(call, "pause"),
        airflow=airflow,
        catalogue=catalogue,
        world=world,
    )


def test_a_dry_run_only_tells(command: Any) -> None:
    result = command.run("--dry-run")
    assert result.exit_code == 0
    assert "CARD-BS of season dk-2018, 2018-05-10 to 2018-05-31" in result.output
    assert "3, of which 1 are to do (1 kB)" in result.output
    assert command.airflow.started == []
    found = json.loads(command.run("--dry-run", "--json", "--offline").stdout)
    assert (found["todo"], found["card"]) == (0, "bs")


@pytest.mark.parametrize("answer", ["n\n", ""])
def test_it_asks_before_it_begins(command: Any, answer: str) -> None:
    result = command.run(input=answer)
    assert result.exit_code == 1
    assert "Run these days?" in result.stderr
    assert command.airflow.started == []
    assert "days: 1 success" in command.run(input="y\n").output


def test_a_silent_catalogue_does_not_keep_it_from_telling(command: Any) -> None:
    def fail(query: Any) -> Any:
        raise Unavailable("no answer", subject="cdse")

    command.catalogue.search = fail
    result = command.run("--dry-run")
    assert result.exit_code == 0
    assert "the catalogue could not be searched" in result.output


def test_it_runs_and_ends_with_the_proof(command: Any) -> None:
    result = command.run("--yes", "--reprocess", "--active-runs", "3")
    ((values, more),) = command.airflow.started
    assert values == ("cbm_bs", FIRST, LAST)
    assert more == {"active_runs": 3, "reprocess": "completed"}
    assert "--reprocess runs 0 days again" in result.output
    assert "days: 1 success; 21 without a run" in result.output
    assert result.output.endswith("NOT finished\n")
    assert result.exit_code == 1
    command.world.connection.execute("update gap set found_at = now() - interval '40 days'")
    command.world.connection.commit()
    assert command.run("--yes").exit_code == 0


def test_the_report_as_json(command: Any) -> None:
    told = json.loads(command.run("--yes", "--json").stdout)
    assert (told["days"], len(told["without_run"])) == ({"success": 1}, 21)
    assert (told["estimate"]["card"], told["proof"]["proven"]) == ("bs", False)


def test_a_failed_day_is_named(command: Any) -> None:
    command.airflow.runs = lambda dag, first, last: {FIRST: "failed"}
    result = command.run("--yes")
    assert "2018-05-10: failed, see its log in Airflow" in result.output
    assert result.exit_code == 1


def test_interrupted_it_says_how_to_go_on(command: Any) -> None:
    def interrupt(dag: str, first: date, last: date) -> Any:
        raise KeyboardInterrupt

    command.airflow.runs = interrupt
    result = command.run("--yes")
    assert result.exit_code == 130
    assert "Run the same command to follow it again" in result.output


def test_pausing_finds_nothing_when_nothing_goes_on(command: Any) -> None:
    assert "no backfill is running" in command.pause().output
    assert json.loads(command.pause("--json").output) == {"paused": False}
