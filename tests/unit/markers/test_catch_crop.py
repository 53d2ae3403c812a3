"""Catch crops after a harvest, worked by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from marker_series import optical, parcels

from dias_cbm.markers.answers import check
from dias_cbm.markers.catch_crop import CatchCrop
from dias_cbm.markers.events import Events, Reason, States, Status
from dias_cbm.markers.marker import Window
from dias_cbm.markers.series import Coherence

#: From 2 May 1970.
DAYS = np.arange(121, 321, 10)
WINDOW = Window(121, 321)
#: The main crop, harvested on day 181, 1 July.
MAIN = [0.3, 0.5, 0.8, 0.8, 0.8, 0.7, 0.2]


def run(
    after: list[float],
    clear: Any = 1,
    main: Any = MAIN,
    pairs: Coherence | None = None,
    **more: Any,
) -> tuple[States, Events]:
    ndvi = np.array([*main, *after])
    bsi = np.where(ndvi <= 0.2, 0.1, -0.1)
    seen = optical(DAYS, clear, NDVI=ndvi, BSI=bsi)
    states, events = CatchCrop().run(parcels(seen, coherence=pairs), WINDOW, more)
    check(CatchCrop(), 1, states, events)
    return states, events


#: Bare until day 201, then up, covered from day 221 to 311.
GROWN = [0.2, 0.2, 0.3, 0.4, 0.5, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6]


def test_a_catch_crop() -> None:
    states, events = run(GROWN)
    assert states.status.tolist() == [Status.OK]
    assert (events.start.tolist(), events.end.tolist()) == ([211], [221])
    values = {name: column.tolist() for name, column in events.values.items()}
    assert values == {"until": [311], "days": [90], "harvest": [181], "strength": ["strong"]}
    assert events.confidence.tolist() == pytest.approx([0.95])


def test_strength() -> None:
    flat = [0.2] * 3 + [0.4] * 10
    assert run(flat)[1].values["strength"].tolist() == ["moderate"]  # no growth
    eaten = [0.2] * 3 + [0.6] * 5 + [0.4] * 5
    assert run(eaten)[1].values["strength"].tolist() == ["weak"]  # and a loss
    first = np.arange(181, 311, 6, dtype=np.int32)
    shape = (1, len(first))
    pairs = Coherence(
        first, first + 6, {"VV": np.full(shape, 0.75, np.float32)}, np.ones(shape, np.int32)
    )
    assert run(eaten, pairs=pairs)[1].values["strength"].tolist() == ["poor"]


def test_bare_until_it_is_too_late() -> None:
    states, events = run([0.2] * 9 + [0.5] * 4)
    assert states.status.tolist() == [Status.NOT_VALID]
    assert states.values["room"].tolist() == [49]
    assert not len(events)
    assert run([0.2] * 9 + [0.5] * 4, least_days=30)[0].status.tolist() == [Status.OK]


def test_what_was_not_seen_stays_open() -> None:
    states, _ = run(GROWN, [1] * 11 + [0] * 9)
    assert states.reason.tolist() == [Reason.GAP_IN_WINDOW]
    states, _ = run(GROWN, 0)
    assert states.reason.tolist() == [Reason.FEW_CLEAR]


def test_without_a_harvest_or_a_new_start() -> None:
    states, _ = run([0.7] * 13, main=[0.7] * 7)
    assert states.reason.tolist() == [Reason.CROP_NOT_APPLICABLE]
    states, _ = run([0.45] * 13, main=[0.3, 0.5, 0.9, 0.9, 0.9, 0.9, 0.45])  # green all along
    assert states.reason.tolist() == [Reason.GAP_IN_WINDOW]
