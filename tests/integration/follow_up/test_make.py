"""``cbm follow-up make`` on a small season: choice, images, reasons, page, and a second run."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from affine import Affine
from blocks import add_scene, add_signatures
from card_products import l2a_xml, write_backscatter, write_l2a
from marker_season import NAN, TODAY, MarkerSeason
from PIL import Image
from typer.testing import CliRunner, Result

from dias_cbm import ledger
from dias_cbm.cli.follow_up import app
from dias_cbm.errors import ParcelUnknown, StoreDown
from dias_cbm.follow_up import record
from dias_cbm.markers import registry
from dias_cbm.markers import run as marker_run
from dias_cbm.rules import run as rule_run
from dias_cbm.rules.reading import parse
from dias_cbm.scenes import Cause, Kind, Status

pytestmark = pytest.mark.integration

RULES = """
[scheme.green_in_may]
title = "Green in May"
need = [{ marker = "presence", window = ["05-01", "05-31"] }]
sure = { gap_confidence = 0.5 }
"""
#: The parcels lie at 500000 to 500100, 6200000 to 6200100.
PLACE = Affine(10, 0, 499_000, 0, -10, 6_201_100)
BLAME = [
    {"card": "s2", "band": "NDVI", "from": "2018-05-01", "to": "2018-05-25", "blame": 3.0},
    {"card": "bs", "band": "VV", "from": "2018-06-10", "to": "2018-06-20", "blame": 2.0},
]


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CBM_PLATFORMS_LOCAL_STORE", f"files:{tmp_path}/eodata")
    monkeypatch.setenv("CBM_CHIPS_CACHE_FOLDER", str(tmp_path / "chips"))
    (tmp_path / "eodata").mkdir()
    return tmp_path / "eodata"


@pytest.fixture
def doubted(marked: MarkerSeason, store: Path) -> MarkerSeason:
    """Parcel a is an outlier; the rules say what they say; every scene has its product."""
    connection = marked.connection
    marker_run.run(connection, marked.season, ["presence"], today=TODAY)
    rules = parse(RULES, "rules.toml", registry.names())
    rule_run.run(connection, marked.season, rules)
    connection.execute(
        "with made as (insert into outlier_run (season, model, features, labels, report)"
        " values (%(season)s, 'x', '[]', '', '{}') returning id),"
        " listed as (insert into outlier (run, season, pid, declared, status, observations, rank)"
        " select id, %(season)s, 'a', 'barley', 'outlier', 9, 1 from made returning run)"
        " insert into outlier_explanation (run, season, pid, compared, sentence, method, blame)"
        " select run, %(season)s, 'a', 'maize', 'It stays <green>.', 'distance', %(blame)s"
        " from listed",
        {"season": marked.season.id, "blame": json.dumps(BLAME)},
    )
    connection.commit()
    made = write_l2a(
        store.parent, {name: np.full((220, 220), 900, "u2") for name in ("B08", "B11", "B04")},
        None, xml=l2a_xml(), transform=PLACE,
    )  # fmt: skip
    for (location,) in connection.execute("select location from dias_catalogue"):
        shutil.copytree(made, store / Path(location).name)
    return marked


def call(out: Path, *words: object) -> Result:
    line = ["make", "dk-2018", "--out", str(out), *(str(word) for word in words)]
    return CliRunner().invoke(app, line)


def told(out: Path, *words: object) -> dict[str, Any]:
    done = call(out, *words, "--json")
    assert done.exit_code == 0, done.output or done.exception
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def parcel(found: dict[str, Any], pid: str) -> dict[str, Any]:
    (one,) = [parcel for parcel in found["parcels"] if parcel["pid"] == pid]
    return dict(one)


def days(found: dict[str, Any], pid: str) -> list[str]:
    return [image["day"] for image in parcel(found, pid)["images"]]


def test_images_reasons_and_page(doubted: MarkerSeason, tmp_path: Path) -> None:
    out = tmp_path / "out"
    plan = told(out, "--dry-run")
    assert not out.exists()
    found = told(out)
    assert found["made"] == found["total"] == len(found["parcels"])
    assert [one["pid"] for one in plan["parcels"]] == [one["pid"] for one in found["parcels"]]
    # The outlier comes first: the look in the middle of the blamed days, then the second block.
    assert found["parcels"][0]["pid"] == "a"
    why = {image["day"]: image["why"] for image in parcel(found, "a")["images"]}
    assert why["2018-05-11"] == "NDVI speaks against barley here"
    assert why["2018-06-10"] == "VV speaks against barley here"
    assert len(why) == 6
    # c has two clear looks before May, and says so.
    assert days(found, "c") == ["2018-04-01", "2018-04-11"]
    assert parcel(found, "c")["notes"] == [
        "No clear image between 1 May and 31 May: 4 passes, all cloudy."
    ]
    place = out / parcel(found, "a")["folder"]
    for image in parcel(found, "a")["images"]:
        with Image.open(place / image["file"]) as picture:
            assert picture.size == (384, 384)  # 128 pixels, three times as large
    html = (out / "follow_up.html").read_text()
    assert html.count("<figure>") == found["images"]
    assert "It stays &lt;green&gt;." in html
    assert "No clear image between 1 May and 31 May" in html


def test_a_second_run_makes_only_what_has_changed(doubted: MarkerSeason, tmp_path: Path) -> None:
    out = tmp_path / "out"
    first = told(out)
    before = {path: path.stat().st_mtime_ns for path in out.glob("*/*")}
    again = told(out)
    assert (again["made"], again["kept"]) == (0, first["made"])
    assert {path: path.stat().st_mtime_ns for path in out.glob("*/*")} == before
    assert again["parcels"] == first["parcels"]
    doubted.scene(date(2018, 5, 14), 1, [0.2, 0.2, 0.6, 0.6], [0, 0, 1, 1])
    connection = doubted.connection
    (location,) = connection.execute(
        "select location from dias_catalogue where obstime::date = '2018-05-14'"
    ).fetchone()
    store = tmp_path / "eodata"
    shutil.copytree(next(store.iterdir()), store / Path(location).name)
    third = told(out)
    assert (third["made"], third["kept"]) == (1, first["made"] - 1)
    assert "2018-05-14" in days(third, "c")
    assert parcel(third, "c")["notes"] == []


def test_some_parcels_alone(doubted: MarkerSeason, tmp_path: Path) -> None:
    found = told(tmp_path / "out", "--pid", "a", "--pid", "c", "--most", 1)
    assert [one["pid"] for one in found["parcels"]] == ["a"]
    assert found["total"] == 2
    certain = call(tmp_path / "out", "--pid", "f")
    assert certain.exit_code == 0
    assert "f: nothing is in doubt" in certain.output or "f: no image." in certain.output
    stranger = call(tmp_path / "out", "--pid", "nobody")
    assert isinstance(stranger.exception, ParcelUnknown)


def test_products_that_are_gone(doubted: MarkerSeason, tmp_path: Path) -> None:
    """What the ledger knows is not tried; what it does not know is found out, and replaced."""
    connection, store = doubted.connection, tmp_path / "eodata"
    first = told(tmp_path / "one", "--pid", "a")
    shutil.rmtree(tmp_path / "chips")
    lost = parcel(first, "a")["images"][0]["product"]
    shutil.rmtree(store / lost)
    second = told(tmp_path / "one", "--pid", "a")
    assert lost in [image["product"] for image in parcel(second, "a")["images"]]  # kept
    third = told(tmp_path / "two", "--pid", "a")
    assert lost not in [image["product"] for image in parcel(third, "a")["images"]]
    assert third["failed"] == {"ProductGone": 1}
    assert "is not in the store any more; it was there on 20" in parcel(third, "a")["notes"][-1]
    for row in connection.execute("select id, status from dias_catalogue").fetchall():
        ledger.change(
            connection, row.id, expected=Status(row.status), to=Status(row.status),
            cause=Cause.DELETED, reason="its platform says: obsolete",
        )  # fmt: skip
    connection.commit()
    done = call(tmp_path / "two", "--pid", "a")
    assert done.exit_code == 0, done.exception
    assert re.search(
        r"a: no image\. No clear image between 1 April and 30 June: 10 passes, 10 clear, their"
        r" products were deleted after extraction \(deleted, known since \d{4}-\d\d-\d\d \(its"
        r" platform says: obsolete\)\)\.",
        done.output,
    )


def test_radar_where_there_is_nothing_else(doubted: MarkerSeason, tmp_path: Path) -> None:
    connection, season = doubted.connection, doubted.season
    connection.execute("delete from histogram_block")
    connection.execute("delete from signature_block")
    values = {stem: np.full((220, 220), 0.05, "f4") for stem in ("Gamma0_VV", "Gamma0_VH")}
    made = write_backscatter(tmp_path, values, transform=PLACE)
    for index, orbit in enumerate([44, 44, 44, 44, 44, 139, 139]):
        at = datetime(2018, 4, 2 + 3 * index, 5, 40, tzinfo=UTC)
        scene = add_scene(connection, f"bs{index}", at, Kind.CARD_BS, rel_orbit=orbit)
        add_signatures(connection, season.id, scene, 1, "VV", [9, 9, 9, NAN], [1, 1, 1, NAN])
        shutil.copytree(made, tmp_path / f"eodata/bs{index}")
    found = told(tmp_path / "out", "--pid", "a")
    one = parcel(found, "a")
    assert [image["card"] for image in one["images"]] == ["bs"] * 3 or len(one["images"]) == 2
    assert {image["product"] for image in one["images"]} <= {f"bs{index}" for index in range(5)}
    assert one["notes"] == [
        "No clear image between 1 April and 30 June: no pass of Sentinel-2 has statistics of the"
        " parcel.",
        "Radar is shown instead, of orbit 44 ascending.",
    ]


def test_a_store_that_is_down_ends_the_run(
    doubted: MarkerSeason, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    told(out, "--most", 1)
    shutil.rmtree(tmp_path / "chips")
    monkeypatch.setenv("CBM_PLATFORMS_LOCAL_STORE", "files:/not/mounted")
    done = call(out)
    assert isinstance(done.exception, StoreDown)
    monkeypatch.setenv("CBM_PLATFORMS_LOCAL_STORE", f"files:{tmp_path}/eodata")
    assert told(out)["kept"] == 1


def test_killed_it_goes_on(doubted: MarkerSeason, tmp_path: Path) -> None:
    """Every record that is there is whole, and the next run does the rest."""
    out = tmp_path / "out"
    names = ("CBM_DATABASE_URL", "CBM_PLATFORMS_LOCAL_STORE", "CBM_CHIPS_CACHE_FOLDER", "PATH")
    command = [Path(sys.executable).with_name("cbm"), "follow-up", "make", "dk-2018", "--out", out]
    with subprocess.Popen(command, env={name: os.environ[name] for name in names}) as running:
        started = time.monotonic()
        while not list(out.glob("*/*")) and time.monotonic() - started < 60:
            time.sleep(0.005)
        os.kill(running.pid, signal.SIGKILL)
    whole = [place for place in out.glob("*") if (place / record.RECORD).exists()]
    assert all(record.read(place) for place in whole)
    found = told(out)
    assert found["kept"] == len(whole)
    assert found["made"] + found["kept"] == found["total"]
    assert (out / "follow_up.html").exists()


def test_without_any_run(marked: MarkerSeason, store: Path, tmp_path: Path) -> None:
    done = call(tmp_path / "out")
    assert done.exit_code == 0, done.exception
    assert done.output.startswith("0 of 0 parcels in doubt")
    assert not (tmp_path / "out").exists()
