"""The rules that hold the layers of tests apart, and that they bite."""

from __future__ import annotations

import ast
import importlib
import socket
from collections.abc import Iterator
from pathlib import Path

import guard
import pytest

TESTS = Path(__file__).resolve().parents[1]
UNIT = sorted((TESTS / "unit").rglob("*.py"))
_SUPPORT = ("handwritten", "loopback", "odata_service", "replay")
#: What judges the adapters of the catalogues.
ORACLES = sorted(
    [
        *(TESTS / "unit" / "catalogue").rglob("*.py"),
        *(TESTS / "support" / "platform_services").rglob("*.py"),
        *(TESTS / "support" / f"{name}.py" for name in _SUPPORT),
    ]
)


def imports(path: Path) -> set[str]:
    """The first names of all that a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def test_unit_tests_import_nothing_of_airflow() -> None:
    found = {path.name: imports(path) & {"airflow", "dias_cbm_airflow"} for path in UNIT}
    assert not {name: names for name, names in found.items() if names}


def test_what_judges_an_adapter_does_not_know_the_test_bench() -> None:
    assert len(ORACLES) > 20
    assert not [path.name for path in ORACLES if "dias_cbm_lab" in imports(path)]


def test_nothing_is_replaced_by_a_mock() -> None:
    assert not [path.name for path in TESTS.rglob("*.py") if "unittest" in imports(path)]


@pytest.fixture
def broken() -> Iterator[list[str]]:
    """What was refused; it is forgiven at the end."""
    yield guard.broken
    guard.broken.clear()


@pytest.mark.parametrize("name", ["airflow.no_such_module", "dias_cbm_airflow.no_such_module"])
def test_airflow_cannot_be_imported_here(name: str, broken: list[str]) -> None:
    with pytest.raises(guard.RuleBroken, match="import of"):
        importlib.import_module(name)
    assert broken


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1"])
def test_another_machine_cannot_be_reached(host: str, broken: list[str]) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as one, pytest.raises(guard.RuleBroken, match="connection to"):
        one.connect((host, 80))
    assert broken == [f"connection to {host}"]


def test_no_name_is_looked_up(broken: list[str]) -> None:
    with pytest.raises(guard.RuleBroken, match="look-up of"):
        socket.create_connection(("catalogue.example", 80))
    assert broken


def test_this_machine_can_be_reached() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        with socket.create_connection(server.getsockname()):
            pass
