"""Which service a container's command is, so that its start is checked."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[3] / "scripts/container_start.sh"


def started(folder: Path, *command: str, good: bool = True) -> tuple[int, list[str]]:
    """Exit code, and each program that was started with its arguments."""
    programs, log = folder / "bin", folder / "log"
    programs.mkdir(exist_ok=True)
    (folder / "kernels").mkdir(exist_ok=True)
    for name, code in (("cbm", int(not good)), ("airflow", 0)):
        file = programs / name
        file.write_text(f'#!/bin/sh\necho "{name} $*" >>"{log}"\nexit {code}\n')
        file.chmod(0o755)
    log.write_text("")
    environment = {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "NUMBA_CACHE_DIR": str(folder / "kernels"),
    }
    done = subprocess.run([SCRIPT, *command], env=environment, check=False)
    return done.returncode, log.read_text().splitlines()


@pytest.mark.parametrize(
    ("command", "service"),
    [
        (("airflow", "api-server"), "api-server"),
        (("airflow", "celery", "worker", "--queues", "default"), "worker"),
        # As Airflow's Helm chart writes them.
        (("bash", "-c", "exec airflow api-server"), "api-server"),
        (("bash", "-c", "exec airflow scheduler"), "scheduler"),
        (("bash", "-c", "exec airflow dag-processor"), "dag-processor"),
        (("bash", "-c", "exec airflow triggerer"), "triggerer"),
        (("bash", "-c", "exec \\\nairflow celery worker"), "worker"),
    ],
)
def test_a_service_is_checked_before_its_start(
    command: tuple[str, ...], service: str, tmp_path: Path
) -> None:
    check = f"cbm db check --service {service} --wait 60"
    words = command[-1].partition("exec ")[2].replace("\\\n", "") or " ".join(command)
    assert started(tmp_path, *command) == (0, [check, words])
    assert started(tmp_path, *command, good=False) == (1, [check])


@pytest.mark.parametrize(
    "command",
    [
        ("airflow", "db", "check-migrations", "--migration-wait-timeout=60"),
        ("bash", "-c", "exec airflow kubernetes cleanup-pods --namespace=cbm"),
        ("sh", "-c", "echo airflow scheduler"),
    ],
)
def test_any_other_command_just_runs(command: tuple[str, ...], tmp_path: Path) -> None:
    code, programs = started(tmp_path, *command)
    assert code == 0
    assert not any(line.startswith("cbm") for line in programs)
