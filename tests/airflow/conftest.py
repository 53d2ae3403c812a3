"""Tests with Airflow, but without a network and without a database server."""

from __future__ import annotations

from collections.abc import Iterator

import guard
import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol() -> Iterator[None]:
    with guard.guarded():
        return (yield)
