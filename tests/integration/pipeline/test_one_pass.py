"""What an operator starts on one pass or product: nothing else is asked for or processed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from observed_season import NOW, radar, world

from dias_cbm.completeness import gaps
from dias_cbm.pipeline import day
from dias_cbm.pipeline import recheck as chain
from dias_cbm.scenes import Kind

__all__ = ["radar", "world"]
pytestmark = pytest.mark.integration


def test_a_recheck_of_one_pass_asks_about_no_other(
    radar: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    season = radar(lost=(8, 14))
    gaps.refresh(season.connection, season.season, NOW)
    asked: list[datetime] = []
    monkeypatch.setattr(chain.gaps, "refresh", lambda *_: None)  # as of today all are given up
    monkeypatch.setattr(chain, "_look", lambda _, __, ___, start, ____: asked.append(start))
    news: list[str] = []
    monkeypatch.setattr(chain, "_take_news", lambda _, one: news.append(one.name) or True)
    assert len(gaps.due(season.connection, season.season, everything=True, now=NOW)) == 2
    scene = season.scene(Kind.S1_GRD, 14)
    season.connection.commit()
    chain.recheck(season.connection, season="dk-2018", acquisition=scene)
    assert asked == [datetime(2018, 5, 15, tzinfo=UTC)]
    assert news == []
    chain.recheck(season.connection, everything=True, season="dk-2018")
    assert len(set(asked)) == 2
    assert news == ["dk-2018"]


def test_a_run_of_one_pass_takes_its_scenes_alone(world: Any) -> None:
    own = world.scene(Kind.CARD_BS, 2)
    beside = world.scene(Kind.CARD_BS, 2, hour=17.01)
    other = world.scene(Kind.CARD_BS, 2, hour=5.0, orbit=139)
    source = world.scene(Kind.S1_GRD, 2)
    newer = world.scene(Kind.CARD_BS, 2, hour=17.0001)
    found = day.Arrivals(["dk-2018"], [own, beside, other, newer], False, NOW, "")

    def within(scene: int, *, alone: bool = False) -> list[int]:
        kept = day.within(world.connection, found, "bs", scene, alone=alone)
        assert kept.complete
        return list(kept.scenes)

    assert within(own) == within(source) == [own, beside, newer]
    assert within(own, alone=True) == [own, newer]
    assert within(other) == [other]
