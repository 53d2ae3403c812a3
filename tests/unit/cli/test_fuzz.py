"""Every command with broken files, odd values, odd settings and closed services; no database.

The commands and their parameters are read from the grammar, so that a new one is covered as well.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import pytest
from command_fuzz import grammar
from command_fuzz.calls import Call, call, complaints
from command_fuzz.files import Files
from command_fuzz.fixtures import MOST_SECONDS
from command_fuzz.settings import (
    closed_database,
    environment,
    every_setting,
    odd_files,
    values_of,
)
from hypothesis import given
from hypothesis import strategies as st

from dias_cbm.config.report import in_force
from dias_cbm.config.schema import Entry
from dias_cbm.config.settings import reading
from dias_cbm.errors import SettingsError

COMMANDS = {
    name: one for name, one in grammar.commands().items() if name not in grammar.WITHOUT_INPUT
}


def check(done: Call) -> None:
    found = complaints(done, most_seconds=MOST_SECONDS)
    assert not found, f"{found}: cbm {done.arguments}\n{done.code} {done.err}"


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_with_odd_input(
    name: str, files: Files, ports: Mapping[str, int], out: Path
) -> None:
    lines = grammar.Lines(name, COMMANDS[name], files, out)
    # One that hangs is waited for, so that it has a test of its own.
    behaviours = sorted(set(ports) - {"hangs"})

    @grammar.bounded(lines, share=1)
    @given(
        grammar.Lines.drawn(lines), st.sampled_from(behaviours), st.sampled_from(["none", *ports])
    )
    def attempt(line: list[str], service: str, database: str) -> None:
        url = closed_database(ports[database]) if database in behaviours else None
        check(call(line, environment(ports[service], url), out))

    attempt()


@pytest.mark.parametrize("behaviour", ["hangs", "refuses", "closes", "garbage"])
def test_a_closed_database(behaviour: str, ports: Mapping[str, int], out: Path) -> None:
    done = call(["season", "list"], {"CBM_DATABASE_URL": closed_database(ports[behaviour])}, out)
    assert done.code == 1
    assert done.err.startswith("error: the database cannot be used: ")
    assert done.err.count("\n") == 1
    check(done)


def test_a_catalogue_that_hangs(ports: Mapping[str, int], out: Path) -> None:
    days = ["--from", "2018-05-11", "--to", "2018-05-12"]
    line = ["catalogue", "search", "--area", grammar.AREA, *days]
    done = call(line, environment(ports["hangs"], None), out)
    assert done.code == 1
    assert "127.0.0.1" in done.err
    check(done)


@pytest.mark.parametrize("setting", every_setting(), ids=lambda one: one.name)
def test_a_setting_with_odd_values(setting: Entry) -> None:
    """Refused under its name, or taken as it is; a password in an address is never shown."""
    for value in values_of(setting):
        try:
            found = reading({setting.variable: value}, None)
            shown = json.dumps([asdict(one) for one in in_force(found, changed=False)])
        except SettingsError as error:
            shown = str(error)
            assert setting.variable in shown or setting.name in shown
        assert "hushhush" not in shown


@pytest.mark.parametrize(
    "line",
    [
        ("settings", "show"),
        ("doctor",),
        ("card", "doctor"),
        ("catalogue", "platforms"),
        ("season", "list"),
    ],
    ids=" ".join,
)
def test_an_odd_settings_file(
    line: tuple[str, ...], ports: Mapping[str, int], out: Path, tmp_path: Path
) -> None:
    for file in odd_files(tmp_path / "settings"):
        chosen = environment(ports["refuses"], None) | {"CBM_CONFIG": str(file)}
        check(call(line, chosen, out))


def test_an_unknown_variable_is_refused(out: Path) -> None:
    for name in ("CBM_", "CBM_X", "CBM_HTTP", "CBM_PLATFORMS_", "CBM_PLATFORMS_LOCAL_", "CBM_ØÆ"):
        done = call(["settings", "show"], {name: "hushhush"}, out)
        assert done.code == 1
        assert name in done.err
        check(done)
