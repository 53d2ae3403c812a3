"""Unit tests need neither Airflow nor a network."""

from __future__ import annotations

from collections.abc import Iterator

import guard
import pytest

AIRFLOW = ("airflow", "dias_cbm_airflow")


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Iterator[None]:
    with guard.guarded(*AIRFLOW):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol() -> Iterator[None]:
    with guard.guarded(*AIRFLOW):
        return (yield)


@pytest.fixture(autouse=True)
def rules_kept() -> Iterator[None]:
    """A broken rule fails the test, whoever has caught the error."""
    guard.broken.clear()
    yield
    assert not guard.broken
