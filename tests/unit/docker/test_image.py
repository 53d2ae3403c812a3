"""The image and compose together: mount points, confinement, versions; without an engine."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dias_cbm import __version__
from scripts.deployment import programs

ROOT = Path(__file__).resolve().parents[3]
#: Mount points of compose that only root owns in the image: what is mounted there is only read.
READ_ONLY = {"/data", "/eodata"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """docker-compose.yaml as compose understands it, with the settings of docs/docker.md."""
    folder = tmp_path_factory.mktemp("compose")
    shutil.copy(ROOT / "docker-compose.yaml", folder)
    page = (ROOT / "docs/docker.md").read_text()
    block = page.partition("cat > .env <<END\n")[2].partition("END\n")[0]
    (folder / ".env").write_text(re.sub(r"\$\([^\n]*\)$", "secret", block, flags=re.M))
    done = compose(folder)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["services"]


def compose(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [programs.compose(), "--project-directory", folder, "config", "--format", "json"]
    plain = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    return subprocess.run(
        command, cwd=folder, env=plain, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def image() -> str:
    """The last stage of the Dockerfile."""
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    return text.rpartition("\nFROM ")[2]


def folders_of_cbm(image: str) -> set[str]:
    """Folders that the image's user owns, with group 0 that may write there."""
    (found,) = re.findall(r"install -d -o cbm -g 0 -m 0775 ([^&\n]+)", image)
    return set(shlex.split(found))


def test_a_missing_variable_is_named(tmp_path: Path) -> None:
    shutil.copy(ROOT / "docker-compose.yaml", tmp_path)
    done = compose(tmp_path)
    assert done.returncode != 0
    assert "variable CBM_MAIL_TO is missing a value: set it in .env" in done.stderr


def test_every_mount_point_is_in_the_image_and_has_the_right_owner(
    made: dict[str, Any], image: str
) -> None:
    """Docker gives a volume's folder that the image lacks to root, and nothing can be written."""
    owned, found = folders_of_cbm(image), set()
    for service in made.values():
        if service["image"].startswith("cbm:"):
            for mount in service["volumes"]:
                found.add((mount["target"], bool(mount.get("read_only"))))
    written = {target for target, read_only in found if not read_only}
    assert written <= owned
    assert len(written) == 6
    assert {target for target, read_only in found if read_only} - owned == READ_ONLY
    assert f"install -d {' '.join(sorted(READ_ONLY))}" in image


def test_folders_that_the_image_sets_are_on_volumes(made: dict[str, Any], image: str) -> None:
    """The root file system is read-only, and what is in memory only is lost."""
    (block,) = re.findall(r"ENV PATH=[^\n]*", image)
    folders = dict(word.split("=", 1) for word in shlex.split(block)[1:])
    where = {
        name: folders[name].removeprefix("files:") for name in folders if "/var" in folders[name]
    }
    assert set(where) == {
        "CBM_CHIPS_CACHE_FOLDER", "CBM_PLATFORMS_MADE_STORE", "CBM_STORE_CACHE_FOLDER", "TMPDIR",
    }  # fmt: skip
    mounts = {
        name: {one["target"] for one in service["volumes"]} for name, service in made.items()
        if service.get("volumes")
    }  # fmt: skip
    works = set(where.values()) - {where["CBM_CHIPS_CACHE_FOLDER"]}
    assert works <= mounts["worker"]
    assert set(where.values()) <= mounts["api-server"]


def test_a_service_may_do_nothing_that_it_does_not_need(made: dict[str, Any]) -> None:
    for name, service in made.items():
        assert service["read_only"] is True, name
        assert service["init"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert "cap_add" not in service and "privileged" not in service, name
        assert service["pids_limit"] > 0 and int(service["mem_limit"]) > 0, name
        assert {"max-size", "max-file"} <= set(service["logging"]["options"]), name
        # An image that does not say so itself would run as root.
        assert service["image"].startswith("cbm:") or service["user"] in ("postgres", "redis"), name


def test_workers_end_their_tasks_before_they_are_killed(made: dict[str, Any]) -> None:
    assert made["worker"]["stop_grace_period"] == "5m0s"


def test_the_label_is_the_version(made: dict[str, Any], image: str) -> None:
    assert made["worker"]["build"]["args"]["VERSION"] == __version__
    assert made["worker"]["image"] == f"cbm:{__version__}"
    assert f"ARG VERSION={__version__}\n" in image


def test_packages_are_checked_against_hashes_and_fetched_once() -> None:
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    installs = re.findall(r"pip (?:install|wheel) [^&\n]*", text)
    assert len(installs) == 4
    for one in installs:
        assert "--no-deps" in one
        assert "--require-hashes" in one or "--no-index" in one, one


def test_the_first_login_is_made_once_and_is_not_printed(tmp_path: Path) -> None:
    file = tmp_path / "passwords.json"
    command = [sys.executable, str(ROOT / "scripts/admin_login.py"), str(file)]
    first = subprocess.run(command, capture_output=True, text=True, check=True)
    password = json.loads(file.read_text())["admin"]
    again = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(file.read_text()) == {"admin": password}
    assert file.stat().st_mode & 0o777 == 0o600
    assert len(password) > 20
    assert password not in first.stdout + first.stderr + again.stdout
