"""One scene that cannot be worked on keeps no other from being done."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from blocks import add_scene

from dias_cbm import ledger
from dias_cbm.db.connection import Connection
from dias_cbm.errors import StateConflict
from dias_cbm.pipeline import day
from dias_cbm.scenes import Status

pytestmark = pytest.mark.integration


def test_the_others_go_on_and_the_failure_is_told(
    connection: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CBM_PLATFORMS_LOCAL_STORE", f"files:{tmp_path}")
    scene = add_scene(connection, "a", datetime(2018, 5, 1, 5, tzinfo=UTC), status=Status.INGESTED)
    connection.commit()
    with pytest.raises(StateConflict, match="not in the ledger"):
        day.make(connection, [999_999, scene.id])
    # It was looked for, and is not there.
    assert ledger.get(connection, scene.id).reason
