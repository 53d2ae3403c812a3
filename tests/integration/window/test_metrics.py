"""A season in Prometheus' text format, and a dashboard that asks for nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml
from fastapi.testclient import TestClient
from observed_season import NOW, World
from window_host import READER, StandIn

from dias_cbm.completeness import gaps
from dias_cbm.window.data.metrics import METRICS, Samples

pytestmark = pytest.mark.integration
ROOT = Path(__file__).resolve().parents[3]
DASHBOARD = ROOT / "deploy/grafana/cbm.json"
SAMPLE = re.compile(r'(\w+)(?:\{((?:\w+="(?:[^"\\]|\\.)*",?)*)\})? (-?[\d.e+-]+)')


def samples(text: str) -> dict[str, float]:
    """Name and labels -> number; every line must be one, or a comment."""
    found = {}
    for line in text.splitlines():
        if not line.startswith("# "):
            match = SAMPLE.fullmatch(line)
            assert match, line
            found[line.rpartition(" ")[0]] = float(match[3])
    return found


@pytest.fixture
def season(radar: Callable[..., World]) -> World:
    filled = radar(lost=(14, 26))
    gaps.refresh(filled.connection, filled.season, NOW)
    return filled


def test_what_is_expected_in_missing_and_waiting(client: TestClient, season: World) -> None:
    reply = client.get("/api/v1/metrics")
    assert reply.status_code == 200
    assert reply.headers["content-type"].startswith("text/plain; version=0.0.4")
    found = samples(reply.text)
    one = 'season="dk-2018",card="bs"'
    assert found[f"cbm_passes_expected{{{one}}}"] == 6
    assert found[f'cbm_passes{{{one},state="found"}}'] == 4
    assert found[f'cbm_passes{{{one},state="open"}}'] == 2
    assert sum(n for name, n in found.items() if name.startswith("cbm_gaps{")) == 2
    assert found['cbm_season_parcels{season="dk-2018"}'] == 1010
    assert found[f"cbm_records{{{one}}}"] > 0
    assert not [name for name in found if name.startswith("cbm_queue_age")]
    season.connection.execute(
        "update extraction set status = 'inprogress'"
        " where obsid = (select min(obsid) from extraction)"
    )
    season.connection.execute("update dias_catalogue set changed_at = now() - interval '1 hour'")
    season.connection.commit()
    found = samples(client.get("/api/v1/metrics").text)
    assert found[f'cbm_queue_age_seconds{{{one},status="inprogress"}}'] == pytest.approx(
        3600, abs=60
    )
    oldest = found['cbm_gap_oldest_timestamp_seconds{season="dk-2018"}']
    assert datetime.fromtimestamp(oldest, UTC).date().isoformat() == "2018-05-15"


def test_only_a_reader_sees_it_and_only_seasons_of_theirs(
    client: TestClient, season: World, host: StandIn
) -> None:
    host.logged_in = type(READER)("9", "eve", READER.rights, frozenset({"es-2019"}))
    assert set(samples(client.get("/api/v1/metrics").text)) == {'cbm_info{version="0.1.0"}'}
    host.logged_in = None
    assert client.get("/api/v1/metrics").status_code == 401


def test_without_a_season_there_is_the_version(client: TestClient) -> None:
    assert list(samples(client.get("/api/v1/metrics").text).values()) == [1]


def test_labels_are_escaped() -> None:
    odd = Samples()
    odd.add("cbm_units", 1, season='a"b\\c\nd')
    assert odd.text().splitlines()[-1] == 'cbm_units{season="a\\"b\\\\c\\nd"} 1'


def test_the_dashboard_asks_only_for_what_there_is() -> None:
    panels = json.loads(DASHBOARD.read_text())["panels"]
    asked = {
        name
        for panel in panels
        for target in panel["targets"]
        for name in re.findall(r"\b(?:cbm|airflow)_\w+", re.sub(r'"[^"]*"', "", target["expr"]))
    }
    installed = find_spec("airflow")  # found, not imported: it would set itself up
    assert installed
    assert installed.submodule_search_locations
    folder = Path(installed.submodule_search_locations[0])
    template = folder / "_shared/observability/metrics/metrics_template.yaml"
    ours = set(METRICS)
    theirs = set()
    for one in yaml.safe_load(template.read_text())["metrics"]:
        for job in ("scheduler", "triggerer", "dag_processor"):
            name = "airflow_" + one["name"].format_map({"job_name": job, "dag_file": ""})
            counter = "_total" if one["type"] == "counter" else ""
            theirs.add(re.sub(r"\W", "_", name) + counter)
    assert asked - ours - theirs == set()
    assert len(asked & ours) > 5
    assert len(asked & theirs) > 5
    assert "cbm_info" not in asked
