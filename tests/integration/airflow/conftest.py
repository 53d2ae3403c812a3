"""A private Airflow over a small simulated season, its local DIAS and a scratch database."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import shapely
from airflow_environment import airflow_database, mailbox
from airflow_environment import dagbag as patient_dagbag
from in_thread import in_thread

__all__ = ["airflow_database", "mailbox", "patient_dagbag"]


@pytest.fixture(scope="session")
def dagbag(patient_dagbag: Any) -> Any:
    """All DAGs, whose tasks are not tried again: a defect shows at once, not in minutes."""
    for dag in patient_dagbag.dags.values():
        for task in dag.tasks:
            if task.is_mapped:
                task.partial_kwargs["retries"] = 0
            else:
                task.retries = 0
    return patient_dagbag


@pytest.fixture(scope="session")
def demo_season(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Three weeks over a hundred parcels, as files."""
    from dias_cbm_lab.season import simulate

    folder = tmp_path_factory.mktemp("demo") / "season"
    made = simulate.make(folder, days=21, parcels=120, seed=1, workers=1)
    _add_twelve_day_product(made)
    return made


def _add_twelve_day_product(season: Any) -> None:
    """List a copy of the season's first six-day coherence as one of twelve days too."""
    file = season.folder / "catalogue.json"
    listed = json.loads(file.read_text())
    six = next(entry for entry in listed["value"] if entry["Name"].endswith("CARD-COH6"))
    twelve = json.loads(json.dumps(six).replace("COH6", "COH12")) | {"Id": "twelve-days"}
    source, target = (season.folder / entry["S3Path"].lstrip("/") for entry in (six, twelve))
    shutil.copytree(source, target)
    for path in list(target.iterdir()):
        path.rename(path.with_name(path.name.replace("COH6", "COH12")))
    file.write_text(json.dumps({"value": [*listed["value"], twelve]}))


@dataclass(frozen=True)
class Days:
    """Days of the simulated season that differ in what they bring.

    :param clear: one pass of Sentinel-1, without any fault.
    :param empty: nothing of Sentinel-1.
    :param optical: one Sentinel-2 product.
    :param twin: two products of one pass, of which one supersedes the other.
    :param beyond: two slices of one pass, of which one has no parcels under it.
    :param coherent: one coherence product of six days, and one of twelve.
    """

    clear: date
    empty: date
    optical: date
    twin: date
    beyond: date
    truncated: date
    coherent: date


@pytest.fixture(scope="session")
def days(demo_season: Any) -> Days:
    """What happens when, told from the truth about the season."""
    faults = demo_season.truth()["faults"]
    planted = {name: date.fromisoformat(fault["date"]) for name, fault in faults.items()}
    entries = json.loads((demo_season.folder / "catalogue.json").read_text())["value"]
    seen = [(e["Name"], date.fromisoformat(e["ContentDate"]["Start"][:10])) for e in entries]
    radar = {day for name, day in seen if name.startswith("S1")}
    cards = sorted(day for name, day in seen if name.endswith("CARD_BS"))
    season = [demo_season.starts + timedelta(days=n) for n in range(21)]
    return Days(
        clear=next(day for day in cards if day not in planted.values()),
        empty=next(day for day in season if day not in radar),
        optical=next(day for name, day in seen if "MSIL2A" in name),
        twin=planted["twin"],
        beyond=planted["no_parcels"],
        truncated=planted["truncated"],
        coherent=next(day for name, day in seen if name.endswith("COH12")),
    )


@pytest.fixture(scope="session")
def dias_url(demo_season: Any) -> Iterator[str]:
    """The local DIAS that lists the season, in a thread."""
    from dias_cbm_lab.dias.server import application

    with in_thread(application(demo_season.folder), "warning") as url:
        yield f"{url}/odata/v1"


@pytest.fixture
def platform(
    demo_season: Any, dias_url: str, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Settings that lead to the local DIAS, its store and the scratch database."""
    monkeypatch.setenv("CBM_PLATFORM", "local")
    monkeypatch.setenv("CBM_PLATFORMS_LOCAL_CATALOGUE_URL", dias_url)
    monkeypatch.setenv("CBM_PLATFORMS_LOCAL_STORE", f"files:{demo_season.store}")
    monkeypatch.setenv("CBM_HTTP_REQUESTS_PER_S", "1000")
    monkeypatch.setenv("AIRFLOW_CONN_CBM_POSTGRES", _connection(database))


@pytest.fixture
def season(platform: None, demo_season: Any, connection: Any, open_season: Any) -> Any:
    """The season with its parcels, in the scratch database."""
    return open_season(connection, demo_season)


@pytest.fixture
def open_season() -> Any:
    """Creates the season, with its parcels, in a database."""
    return _open_season


def _open_season(connection: Any, demo_season: Any) -> Any:
    from dias_cbm import seasons
    from dias_cbm.parcels.load import load

    features = json.loads(Path(demo_season.area).read_text())["features"]
    area = shapely.MultiPolygon([shapely.geometry.shape(one["geometry"]) for one in features])
    made = seasons.create(
        connection, demo_season.name, area, 25832, demo_season.starts, demo_season.ends
    )
    load(connection, demo_season.parcels, made.name, id_column="pid", crop_column="crop")
    connection.commit()
    return made


def _connection(url: str) -> str:
    from psycopg.conninfo import conninfo_to_dict

    parts = conninfo_to_dict(url)
    return json.dumps(
        {
            "conn_type": "postgres",
            "host": parts["host"],
            "port": int(parts.get("port", 5432)),
            "login": parts.get("user"),
            "password": parts.get("password"),
            "schema": parts["dbname"],
        }
    )
