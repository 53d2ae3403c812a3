from __future__ import annotations

import os
from pathlib import Path

import pytest

from dias_cbm.errors import ServiceError
from dias_cbm_lab.demo import processes, services
from dias_cbm_lab.demo.folder import RunFolder


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return RunFolder(tmp_path / "run")


def launch(run: RunFolder, name: str) -> processes.Record:
    return processes.launch(
        run.processes,
        name,
        ["sleep", "600"],
        environment=os.environ,
        directory=Path("/"),
        log=run.log(name),
    )


def test_without_a_season_nothing_is_started(run: RunFolder) -> None:
    with pytest.raises(ServiceError, match="no season to serve"):
        services.start(run)
    assert not run.root.exists()


def test_stop_of_what_never_ran_does_nothing(run: RunFolder) -> None:
    assert services.stop(run) == []
    assert not run.root.exists()


def test_stop_ends_every_service_and_status_tells(run: RunFolder) -> None:
    records = [launch(run, name) for name in services.SERVICES]
    run.ports.write_text('{"dias": 1, "smtp": 2, "airflow": 3}')
    status = services.status(run)
    assert status["api-server"] == "running on port 3"
    assert status["scheduler"] == "running"
    assert set(services.stop(run)) == set(services.SERVICES)
    assert not any(processes.alive(record) for record in records)
    assert services.status(run)["scheduler"] == "stopped"


def test_a_killed_service_is_missing_and_a_stopped_one_is_not(run: RunFolder) -> None:
    launch(run, "scheduler")
    assert services.missing(run) == []
    os.kill(processes.recorded(run.processes, "scheduler").pid, 9)
    while processes.alive(processes.recorded(run.processes, "scheduler")):
        pass
    assert services.missing(run) == ["scheduler"]
    services.stop(run)
    assert services.missing(run) == []


def test_services_with_other_settings_are_stopped(run: RunFolder) -> None:
    record = launch(run, "scheduler")
    services._stop_if_changed(run, {"CBM_EXTRACTION_PIXEL_RULE": "centre"})
    services._stop_if_changed(run, {"CBM_EXTRACTION_PIXEL_RULE": "centre", "TERM": "xterm"})
    assert processes.alive(record)
    services._stop_if_changed(run, {"CBM_EXTRACTION_PIXEL_RULE": "coverage"})
    assert not processes.alive(record)
