"""A worker as a process of its own: makes its share of the products, then extracts those of others.

Arguments: ids of the scenes to make, ids of those to extract; each separated by commas.
"""

from __future__ import annotations

import sys
import time

from dias_cbm import ledger
from dias_cbm.card.engines import registry
from dias_cbm.card.engines.registry import Maker
from dias_cbm.card.make import make_card
from dias_cbm.db.connection import connect
from dias_cbm.errors import FolderNotShared
from dias_cbm.extraction.unit import extract
from dias_cbm.scenes import Card, Status


def use_stand_in() -> None:
    """Let the embedded engine write tiny products at once."""
    maker = Maker("stand_in_makers:make_backscatter")
    registry.MAKERS = {**registry.MAKERS, ("embedded", Card.BS): maker}


def say(scene: int, what: str) -> None:
    """Tell the test, line by line."""
    sys.stdout.write(f"{scene} {what}\n")
    sys.stdout.flush()


def work(make: list[int], others: list[int]) -> None:
    """Make, wait for what the others make, and extract it."""
    use_stand_in()
    with connect(application="worker") as connection:
        for scene in make:
            say(scene, make_card(connection, scene).outcome)
        for scene in others:
            while ledger.get(connection, scene).status is not Status.READY:
                connection.commit()
                time.sleep(0.1)
            units = ledger.plan_extractions(connection, scene)
            connection.commit()
            for unit in units:
                try:
                    say(scene, extract(connection, unit, "worker").outcome)
                except FolderNotShared as error:
                    say(scene, f"refused: {error}")


if __name__ == "__main__":
    work(*([int(one) for one in text.split(",") if one] for text in sys.argv[1:3]))
