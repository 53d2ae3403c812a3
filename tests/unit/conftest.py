"""Unit tests need neither Airflow nor a network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import guard
import pytest

HERE = Path(__file__).parent
AIRFLOW = ("airflow", "dias_cbm_airflow")


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Iterator[None]:
    with guard.guarded(*AIRFLOW):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    # Unlike other hooks this one is called for the tests of every folder.
    if HERE not in item.path.parents:
        return (yield)
    with guard.guarded(*AIRFLOW):
        return (yield)


@pytest.fixture(autouse=True)
def rules_kept() -> Iterator[None]:
    """A broken rule fails the test, whoever has caught the error."""
    guard.broken.clear()
    yield
    assert not guard.broken
