"""The client as it is written and built: its words are the library's, and it is light."""

from __future__ import annotations

import gzip
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from dias_cbm.chips import BAND_SETS
from dias_cbm.completeness.causes import WHO_CAN_ACT
from dias_cbm.completeness.gaps import State
from dias_cbm.completeness.why import IN_WORDS
from dias_cbm.extraction.flags import FEW_PIXELS, VANISHES
from dias_cbm.markers.events import Reason
from dias_cbm.markers.events import Status as Seen
from dias_cbm.markers.registry import BUILT_IN
from dias_cbm.markers.vocabulary import VOCABULARY
from dias_cbm.notices.calendar import COLOUR, SIGN
from dias_cbm.outliers import judge
from dias_cbm.outliers.finding import Finding
from dias_cbm.rules.colours import Colour
from dias_cbm.scenes import Card, Cause, Status
from scripts import build_backend, client

ROOT = Path(__file__).resolve().parents[3]
LANGUAGES = ("en", "da")
TEXTS = {
    language: json.loads((client.SOURCES / f"src/texts/{language}.json").read_text())
    for language in LANGUAGES
}
STATES = json.loads((client.SOURCES / "src/states.json").read_text())
#: Of the events of this library's markers.
KINDS = frozenset().union(*(one.kinds for one in VOCABULARY.values()))
VERDICTS = [judge.CONFIRMED, judge.INCONCLUSIVE, judge.OUTLIER]
FREE = {"MIT", "ISC", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "Unlicense", "0BSD", "Zlib"}


def words(language: str, family: str) -> dict[str, str]:
    """Name -> text of a family of words, without their longer meanings."""
    found = {}
    for key, text in TEXTS[language].items():
        first, _, name = key.partition(".")
        if first == family and "." not in name:
            found[name] = text
    return found


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("family", "names"),
    [
        ("cause", list(Cause)),
        ("act", list(Cause)),
        ("status", list(Status)),
        ("gap", list(State)),
        ("card", list(Card)),
        ("reason", [one.name.lower() for one in Reason]),
        ("verdict", VERDICTS),
        ("scheme", [one.name.lower() for one in Colour]),
        ("marker", [one.name for one in Seen]),
        ("pass", list(COLOUR)),
        ("finding", list(Finding)),
        ("flag", [FEW_PIXELS, VANISHES]),
        ("event", [*BUILT_IN, *KINDS]),
        ("bands", list(BAND_SETS)),
    ],
)
def test_every_name_of_the_library_is_explained(
    language: str, family: str, names: list[str]
) -> None:
    assert set(words(language, family)) == set(names)


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_on_looks_are_about_kinds_of_events(language: str) -> None:
    assert set(words(language, "spell")) < KINDS


def test_causes_are_told_in_the_words_of_the_library() -> None:
    told, act = words("en", "cause"), words("en", "act")
    assert {cause: told[cause] for cause in IN_WORDS} == dict(IN_WORDS)
    assert {cause: act[cause] for cause in WHO_CAN_ACT} == dict(WHO_CAN_ACT)


def test_passes_look_as_in_the_mails() -> None:
    assert {state: one["colour"] for state, one in STATES["pass"].items()} == dict(COLOUR)
    assert {state: one["sign"] for state, one in STATES["pass"].items()} == dict(SIGN)


def test_the_other_families_of_states_are_complete() -> None:
    assert set(STATES["verdict"]) == set(VERDICTS)
    assert set(STATES["scheme"]) == {one.name.lower() for one in Colour}
    assert set(STATES["marker"]) == {one.name for one in Seen}


def test_the_first_load_of_each_page_is_light(capsys: Any) -> None:
    sizes = client.weights()
    assert max(sizes.values()) < 600_000
    # Only the map brings MapLibre, its worker and its style.
    assert sizes.pop("map") > 300_000
    assert max(sizes.values()) < 150_000
    # With what the pages share: else nothing was counted but the page itself.
    page = gzip.compress((client.STATIC / "season.js").read_bytes(), 5)
    assert sizes["season"] > 2 * len(page)
    client.main(["weigh"])
    assert {line.split()[0] for line in capsys.readouterr().out.splitlines()} == {*sizes, "map"}


def test_the_built_files_bring_the_licences_of_what_is_in_them() -> None:
    text = (client.STATIC / "licences.txt").read_text()
    assert {"preact", "maplibre-gl"} <= set(re.findall(r"^([\w@/-]+) \d+\.\S+ \(", text, re.M))
    assert "Permission is hereby granted" in text


def test_the_lock_names_no_registry_and_only_free_packages() -> None:
    lock = json.loads((client.SOURCES / "package-lock.json").read_text())
    packages = {name: one for name, one in lock["packages"].items() if name}
    assert "://" not in json.dumps([one.get("resolved", "") for one in packages.values()])
    assert all("integrity" in one for one in packages.values())
    shipped = {name: one["license"] for name, one in packages.items() if not one.get("dev")}
    assert len(shipped) > 3
    assert {
        name: given
        for name, given in shipped.items()
        if not FREE & set(given.strip("()").split(" OR "))
    } == {}


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The client's sources elsewhere, to be changed and built."""
    sources = tmp_path / "plugins" / "client"
    ignore = shutil.ignore_patterns("node_modules", "test")
    shutil.copytree(client.SOURCES, sources, ignore=ignore)
    (sources / "node_modules").symlink_to(client.SOURCES / "node_modules")
    monkeypatch.setattr(client, "SOURCES", sources)
    monkeypatch.setattr(client, "STATIC", tmp_path / "static")
    return sources


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_same_sources_give_the_same_files(copy: Path) -> None:
    before = contents(ROOT / "include/dias_cbm/window/static")
    client.build()
    assert contents(client.STATIC) == before


def test_what_has_not_changed_is_not_built_again(copy: Path, capfd: Any) -> None:
    client.build()
    made = client.STATIC.stat().st_mtime_ns
    client.build()
    assert client.STATIC.stat().st_mtime_ns == made
    page = copy / "src/pages/help.tsx"
    page.write_text(page.read_text() + "\nconst = broken")
    assert not client.is_built()
    before = contents(client.STATIC)
    with pytest.raises(SystemExit, match="failed"):
        client.build()
    assert contents(client.STATIC) == before
    assert "help.tsx" in capfd.readouterr().err


def test_an_unknown_task_is_refused() -> None:
    with pytest.raises(SystemExit, match="no task bild"):
        client.main(["bild"])


def test_a_wheel_asks_for_node_only_to_build_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert client.is_built()
    # Setuptools writes its metadata to where it is asked: in the checkout, entry points would be
    # found twice.
    monkeypatch.chdir(tmp_path)
    assert build_backend.get_requires_for_build_wheel() == []
    monkeypatch.setattr(client, "STATIC", tmp_path)
    assert build_backend.get_requires_for_build_wheel() == [build_backend.NODE]
    lock = (ROOT / "requirements-client.txt").read_text()
    assert f"{build_backend.NODE} \\\n" in lock


def test_files_of_a_source_distribution_are_taken_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "SOURCES", tmp_path)
    assert client.is_built()
