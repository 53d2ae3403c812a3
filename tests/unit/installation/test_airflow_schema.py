"""The place of a database's version among Airflow's revisions."""

from __future__ import annotations

import pytest

from dias_cbm.installation.airflow_schema import Schema, place_of

KNOWN = {"first": None, "second": "first", "third": "second"}


@pytest.mark.parametrize(
    ("version", "place"),
    [
        ("third", Schema.SAME),
        ("second", Schema.OLDER),
        (None, Schema.OLDER),
        ("fourth", Schema.NEWER),
    ],
)
def test_the_place_of_a_version(version: str | None, place: Schema) -> None:
    assert place_of(version, KNOWN) is place


def test_without_airflow_nothing_is_known_of_its_schema() -> None:
    assert place_of("any", {}) is Schema.SAME
