"""Mowing in a season: by the rule, by a model trained on its parcels, and faulty labels."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from blocks import add_block, add_season, add_signatures
from marker_season import START, TODAY, MarkerSeason, every
from typer.testing import CliRunner

from dias_cbm import seasons
from dias_cbm.cli import build
from dias_cbm.errors import MarkerError
from dias_cbm.markers import mowing_training, run

pytestmark = pytest.mark.integration

PIDS = tuple(f"m{number:02}" for number in range(50))
#: Parcel -> the look before which it is cut; every fifth is not cut.
CUTS = {pid: 4 + number % 10 for number, pid in enumerate(PIDS) if number % 5}
DAYS = every(5)


@pytest.fixture
def meadows(connection: Any) -> MarkerSeason:
    number = add_season(connection, "dk-2018", START, date(2018, 6, 30))
    add_block(connection, number, 1, PIDS)
    made = MarkerSeason(connection, next(s for s in seasons.all_seasons(connection)))
    random = np.random.default_rng(0)
    for look, day in enumerate(DAYS):
        short = np.array([0 <= look - CUTS.get(pid, 99) < 5 for pid in PIDS])
        ndvi = np.where(short, 0.55, 0.8) + random.normal(0, 0.01, len(PIDS))
        scene = made.scene(day, 1, ndvi.tolist(), [1.0] * len(PIDS))
        # Moisture: B11 against B08, which the scene has from its NDVI.
        near = 0.1 * (1 + ndvi) / (1 - ndvi)
        ndmi = np.where(short, 0.0, 0.4)
        for band, values in (("B11", near * (1 - ndmi) / (1 + ndmi)), ("B02", near * 0 + 0.03)):
            level = values.astype(np.float32)
            add_signatures(
                connection, made.season.id, scene, 1, band, np.full(50, 100, np.float32), level,
                std=level / 4,
            )  # fmt: skip
    connection.commit()
    return made


def cuts_found(made: MarkerSeason) -> dict[str, list[date]]:
    rows = made.connection.execute(
        "select pid, end_date from latest_marker_events where kind = 'mowing' order by 1, 2"
    )
    found: dict[str, list[date]] = {}
    for row in rows:
        found.setdefault(row.pid, []).append(row.end_date)
    return found


EXPECTED = {pid: [DAYS[look]] for pid, look in CUTS.items()}


def labels_of(folder: Path) -> Path:
    lines = ["pid,date"]
    for pid in PIDS:
        cut = CUTS.get(pid)
        lines.append(f"{pid},{'' if cut is None else DAYS[cut] - timedelta(days=2)}")
    file = folder / "cuts.csv"
    file.write_text("\n".join(lines) + "\n")
    return file


def test_every_cut_of_the_season(meadows: MarkerSeason) -> None:
    report = run.run(meadows.connection, meadows.season, ["mowing"], today=TODAY)
    assert report.parcels == 50
    assert report.markers[0].states == {"NOT_VALID": {"none": 10}, "OK": {"none": 40}}
    assert cuts_found(meadows) == EXPECTED


def test_a_model_of_the_season(
    meadows: MarkerSeason, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "mowing.json"
    arguments = ["--labels", str(labels_of(tmp_path)), "--out", str(out), "--json"]
    done = CliRunner().invoke(build(), ["markers", "train", "dk-2018", *arguments])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout) == {
        "file": str(out), "parcels": 50, "answered": 50, "cuts": 40, "labels": 40,
    }  # fmt: skip
    monkeypatch.setenv("CBM_MARKERS_MOWING_MODEL", str(out))
    report = run.run(meadows.connection, meadows.season, ["mowing"], today=TODAY)
    assert report.markers[0].version.startswith("2+")
    assert cuts_found(meadows) == EXPECTED


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("pid,day\n", "no column date"),
        ("pid,date\nm01,1 May\n", "line 2: 1 May is not a day"),
        ("pid,date\nm01,2017-05-01\n", "line 2: 2017-05-01 is not in the season"),
        ("pid,date\n,2018-05-01\n", "line 2 has no pid"),
        ("pid,date\nm01,2018-05-01\nm01,2018-05-01\n", "a second time"),
        ("pid,date\nm01,2018-05-01\nm01,\n", "a line without a day, and one with a day"),
        ("pid,date\nx1,2018-05-01\nx2,\n", "does not have: x1 and 1 more"),
        ("pid,date\nm01,2018-05-01\n", "1 dated cuts are too few"),
        ("pid,date\n", "names no parcels"),
    ],
)
def test_faulty_labels(meadows: MarkerSeason, tmp_path: Path, text: str, match: str) -> None:
    labels, out = tmp_path / "cuts.csv", tmp_path / "mowing.json"
    labels.write_text(text)
    with pytest.raises(MarkerError, match=match):
        mowing_training.train(meadows.connection, meadows.season, labels, out)
    assert not out.exists()
