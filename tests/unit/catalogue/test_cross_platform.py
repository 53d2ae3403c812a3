"""One product on several platforms: which row is worked on."""

from datetime import UTC, datetime, timedelta

import pytest

from dias_cbm.catalogue.cross_platform import Row, copies
from dias_cbm.scenes import Kind, Status

EARLY = datetime(2018, 5, 1, tzinfo=UTC)


def row(number: int, platform: str, status: Status = Status.INGESTED, **more: object) -> Row:
    values = {"name": "one", "kind": Kind.CARD_BS, "published": EARLY} | more
    return Row(id=number, platform=platform, status=status, **values)  # type: ignore[arg-type]


def losers(*rows: Row) -> list[tuple[int, int]]:
    return [(loser.id, winner.id) for loser, winner in copies(rows, ("cdse", "onda"))]


def test_the_platform_that_is_searched_first_is_worked_on() -> None:
    assert losers(row(1, "mundi"), row(2, "onda"), row(3, "cdse")) == [(1, 3), (2, 3)]


@pytest.mark.parametrize("status", [Status.EXTRACTED, Status.INPROGRESS, Status.READY])
def test_what_is_done_is_not_done_again(status: Status) -> None:
    assert losers(row(1, "cdse"), row(2, "onda", status)) == [(1, 2)]


def test_a_failed_row_gives_way() -> None:
    assert losers(row(1, "cdse", Status.FAILED), row(2, "onda")) == [(1, 2)]


def test_other_names_and_kinds_are_other_products() -> None:
    assert losers(row(1, "cdse"), row(2, "onda", name="other")) == []
    assert losers(row(1, "cdse"), row(2, "onda", kind=Kind.S1_GRD)) == []


def test_rows_of_one_platform_are_left_to_the_rules_of_duplicates() -> None:
    late = row(2, "cdse", published=EARLY + timedelta(days=1))
    assert losers(row(1, "cdse"), late, row(3, "onda")) == [(3, 2)]
