"""CARD products found in a store by their names, also where a name tells nothing."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from pathlib import Path

from dias_cbm.catalogue.store_listing import FOLDERS, StoreListing
from dias_cbm.scenes import Kind
from dias_cbm.storage.files import FileStore

DAY = date(2018, 5, 7)


def test_names_that_cannot_be_used(tmp_path: Path) -> None:
    names = [
        "S1B_20180507T053812_20180501T053900_010810_010635_1A2B_CARD-COH6",
        "S1B_20180507_20180501_99999999T999999_CARD-COH6",
        "S1B_20180599_20180501_CARD-COH6",
        os.fsdecode(b"S1B_20180507_\xff_CARD-COH6"),
    ]
    folder = FOLDERS[Kind.CARD_COH6].removeprefix("/eodata/")
    for name in names:
        file = tmp_path / folder / "2018/05/07" / name / f"{name}.tif"
        file.parent.mkdir(parents=True)
        file.touch()
    page = StoreListing("local", FileStore(tmp_path)).read([Kind.CARD_COH6], DAY)
    assert {scene.name: scene.start for scene in page.scenes} == {
        names[0]: datetime(2018, 5, 7, 5, 38, 12, tzinfo=UTC),
        names[1]: datetime(2018, 5, 7, tzinfo=UTC),
    }
    told = {skipped.name for skipped in page.skipped}
    assert told == {names[2], "'S1B_20180507_\\udcff_CARD-COH6'"}
