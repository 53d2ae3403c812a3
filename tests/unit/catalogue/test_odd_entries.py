"""Texts that no ledger can hold as a name: without end, or not printable."""

from __future__ import annotations

from typing import Any

import pytest

from dias_cbm.catalogue.adapters.json_path import Node
from dias_cbm.catalogue.odd_entries import SetAside, read_each
from dias_cbm.scenes import Kind, Scene

COH = "S1B_20180507_20180501_117_CARD-COH6"


def read(node: Node) -> Scene:
    node.get("Id").name()
    node.get("Name").name()
    raise node.changed("no footprint")


def entered(*entries: dict[str, Any]) -> list[tuple[str, str]]:
    """Ids and names of the rows that a listing of such entries, and one good one, would make."""
    aside = SetAside(read=1)
    aside.note(read_each([Node(one, f"value[{n}]") for n, one in enumerate(entries)], read))
    page = aside.page("cdse", [Kind.CARD_COH6])
    return [(one.scene.product_id, one.scene.name) for one in page.quarantined]


@pytest.mark.parametrize("bad", ["\ud800", "\0", "x" * 10_000])
def test_what_no_ledger_can_hold_is_not_a_name(bad: str) -> None:
    # The names of coherence products are free but for a few parts.
    odd = COH.replace("117", f"117{bad}")
    assert entered({"Id": "a", "Name": odd}) == []
    assert entered({"Id": f"a{bad}", "Name": COH}) == [(COH, COH)]
    assert entered({"Id": "a", "Name": odd, "S3Path": f"/eodata/{COH}"}) == [("a", COH)]
