"""The lock files: complete, exact, with a hash for every file, and used with their hashes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[3]
LOCKS = (
    *("requirements.txt", "requirements-dev.txt", "requirements-uv.txt"),
    "requirements-client.txt",
)
_EXACT = re.compile(
    r"([a-z0-9-]+)==([^ ;]+)( ; [^\\]+)? \\\n"  # a marker may follow the version
    r"((?: {4}--hash=sha256:[0-9a-f]{64}.*\n)+)"
)


def locked(name: str) -> dict[str, str]:
    """Distribution -> version."""
    return {match[1]: match[2] for match in _EXACT.finditer((ROOT / name).read_text())}


def needed(name: str, extras: frozenset[str], overridden: set[str]) -> Iterator[str]:
    """What a distribution and those below it require here, as their own metadata have it."""
    seen: set[tuple[str, frozenset[str]]] = set()
    waiting = [(name, extras)]
    while waiting:
        one = waiting.pop()
        if one in seen:
            continue
        seen.add(one)
        for text in metadata.requires(one[0]) or []:
            requirement = Requirement(text)
            marker = requirement.marker
            chosen = marker is None or any(
                marker.evaluate({"extra": extra}) for extra in ("", *one[1])
            )
            below = canonicalize_name(requirement.name)
            if chosen and below not in overridden:
                yield below
                waiting.append((below, frozenset(requirement.extras)))


@pytest.mark.parametrize("name", LOCKS)
def test_every_requirement_is_exact_and_has_hashes(name: str) -> None:
    text = (ROOT / name).read_text()
    assert _EXACT.sub("", text) == ""
    assert len(locked(name)) == len(re.findall(r"^\S", text, re.MULTILINE))


@pytest.mark.parametrize(
    "name", [*LOCKS, "requirements-dev.in", "requirements-uv.in", "requirements-client.in"]
)
def test_no_address_of_a_registry_is_in_it(name: str) -> None:
    text = (ROOT / name).read_text()
    assert not re.search(r"://|--(extra-)?index-url|--find-links|--trusted-host", text)


def test_the_lock_is_complete() -> None:
    lines = (ROOT / "requirements-overrides.txt").read_text().splitlines()
    overridden = {Requirement(line).name for line in lines if line and not line.startswith("#")}
    everything = set(needed("dias-cbm", frozenset({"all"}), overridden)) - {"dias-cbm"}
    versions = locked("requirements.txt")
    assert len(everything) > 100
    assert everything - set(versions) == set()
    assert {name for name in everything if metadata.version(name) != versions[name]} == set()


def test_what_is_in_two_locks_has_one_version() -> None:
    first, second = locked("requirements.txt"), locked("requirements-dev.txt")
    assert {name for name in first.keys() & second.keys() if first[name] != second[name]} == set()


def test_every_installation_checks_the_hashes() -> None:
    """Nothing is fetched that has no hash: our own package is built with the locked setuptools."""
    for name in ("Dockerfile", "scripts/setup.sh"):
        text = (ROOT / name).read_text().replace("\\\n", " ")
        commands = re.findall(r"(?:pip|\[@\]\}\") (?:install|sync) [^&\n]*", text)
        assert len(commands) >= 2
        for command in commands:
            local = "--no-deps --no-build-isolation" in command and command.rstrip().endswith(".")
            built = "--no-deps --no-index" in command
            assert local or built or "--require-hashes" in command, command
    assert "setuptools" in locked("requirements.txt")
    assert "--generate-hashes" in (ROOT / "Makefile").read_text()
