"""deploy/secrets.sh for compose: files in a folder that only its owner enters."""

from __future__ import annotations

import stat
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[3]


def make(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    connections = folder.parent / "connections.json"
    if not connections.exists():
        connections.write_text("{}")
    return subprocess.run(
        [ROOT / "deploy/secrets.sh", "--folder", folder, connections],
        env={"PATH": "/usr/bin:/bin", **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_passwords_fit_their_addresses_and_nobody_else_enters(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    done = make(folder, POSTGRES_PASSWORD="asbefore")
    assert done.returncode == 0, done.stderr
    found = {file.name: file.read_text() for file in folder.iterdir()}
    assert found["postgres_password"] == "asbefore"
    for address, password in {
        "cbm_superuser_url": "postgres_password",
        "cbm_database_url": "cbm_worker_password",
        "cbm_reader_url": "cbm_reader_password",
        "airflow_database_url": "cbm_airflow_password",
        "airflow_results_url": "cbm_airflow_password",
        "airflow_broker_url": "redis_password",
    }.items():
        assert urlsplit(found[address].removeprefix("db+")).password == found[password]
    made = [found[name] for name in found if name.endswith("_password")]
    assert len(set(made)) == len(made) == 5
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert not any(secret in done.stdout + done.stderr for secret in made)
    # Again, it makes what is missing and leaves the rest.
    (folder / "airflow_jwt_secret").unlink()
    assert make(folder).returncode == 0
    again = {file.name: file.read_text() for file in folder.iterdir()}
    assert again.pop("airflow_jwt_secret") != found.pop("airflow_jwt_secret")
    assert again == found


def test_a_password_without_its_address_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    make(folder)
    (folder / "cbm_database_url").unlink()
    done = make(folder)
    assert done.returncode == 1
    assert "only some of these are there; remove them: cbm_worker_password" in done.stderr


def test_a_new_password_beside_old_secrets_is_warned_of(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    folder.mkdir()
    (folder / "another_system").write_text("x")
    assert "warning" not in make(folder).stderr
    for name in ("postgres_password", "cbm_superuser_url", "airflow_fernet_key"):
        (folder / name).unlink()
    done = make(folder)
    assert done.returncode == 0
    assert "a database that there is keeps its password" in done.stderr
    assert "cannot be read by another airflow_fernet_key" in done.stderr
    (folder / "postgres_password").unlink()
    (folder / "cbm_superuser_url").unlink()
    assert "warning" not in make(folder, POSTGRES_PASSWORD="asbefore").stderr


def test_what_is_not_json_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    (tmp_path / "connections.json").write_text("cbm_smtp: ...")
    done = make(tmp_path / "secrets")
    assert (done.returncode, (tmp_path / "secrets").exists()) == (1, False)
    assert "is not a JSON file" in done.stderr
