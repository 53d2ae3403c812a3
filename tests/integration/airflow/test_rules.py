"""The DAG of the rules: which seasons are due, what the tasks do, and a broken rule file."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from marker_season import MarkerSeason, marked

from dias_cbm.markers import run as marker_run
from dias_cbm.rules import reading, run
from dias_cbm_airflow.operators.tasks.run_rules import run_rules, seasons_to_judge

pytestmark = pytest.mark.integration
__all__ = ["marked"]

RULES = """
[scheme.present]
title = "Something grows"
source = "test"
crops = ["*"]
need = [{ marker = "presence", window = ["05-03", "05-20"] }]
"""
HOLDING = """
[holding.two_crops]
title = "Two crops"
source = "test"
holding = "holding"
crops_at_least = 2
"""


@pytest.fixture
def file(marked: MarkerSeason, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The rule file that the setting names."""
    path = tmp_path / "rules.toml"
    path.write_text(RULES)
    monkeypatch.setenv("CBM_RULES_FILE", str(path))
    return path


def asked(run_type: str = "asset_triggered", **params: Any) -> list[str]:
    context = {
        "params": {"season": None, "force": False} | params,
        "dag_run": SimpleNamespace(run_type=run_type),
    }
    return list(seasons_to_judge.function(**context))


def runs(marked: MarkerSeason) -> list[int]:
    marked.connection.rollback()
    return [row.id for row in marked.connection.execute("select id from scheme_run order by id")]


def mark(marked: MarkerSeason) -> None:
    marker_run.run(marked.connection, marked.season, ["presence"], everything=True)


def test_a_season_is_judged_when_the_file_or_the_answers_have_changed(
    marked: MarkerSeason, file: Path
) -> None:
    assert asked() == []  # no marker has answered
    mark(marked)
    assert asked() == ["dk-2018"]
    told = run_rules.function("dk-2018")
    assert told["parcels"] == 6
    assert json.dumps(told)
    assert asked() == []
    assert asked("manual") == asked(force=True) == ["dk-2018"]
    assert run_rules.function("dk-2018")["repeated"]
    assert len(runs(marked)) == 1
    file.write_text(RULES.replace("05-20", "05-19"))
    assert asked() == ["dk-2018"]
    run_rules.function("dk-2018")
    assert asked() == []
    mark(marked)
    assert asked() == ["dk-2018"]


def test_rules_on_holdings_are_due_once_a_day(marked: MarkerSeason, file: Path) -> None:
    file.write_text(RULES + HOLDING)
    marked.connection.execute("""update parcel set attributes = '{"holding": "A"}'""")
    mark(marked)
    run_rules.function("dk-2018")
    rules = reading.configured()
    assert not run.is_due(marked.connection, marked.season, rules)
    marked.connection.execute("update scheme_run set made_at = now() - interval '24 hours'")
    assert run.is_due(marked.connection, marked.season, rules)


def test_a_broken_rule_file_fails_with_its_faults_and_leaves_the_verdicts(
    marked: MarkerSeason, file: Path
) -> None:
    mark(marked)
    run_rules.function("dk-2018")
    before = runs(marked)
    for broken, said in (
        (RULES.replace("presence", "presense"), "presense"),
        ("[scheme", "is not TOML"),
        (RULES + '[scheme.present.attributes]\nscheme = "A"\n', "no parcel of the season has"),
    ):
        file.write_text(broken)
        with pytest.raises(AirflowFailException, match=said) as failed:
            run_rules.function("dk-2018")
        assert "cbm rules check" in str(failed.value)
        assert "earlier verdicts stay" in str(failed.value)
    file.unlink()
    with pytest.raises(AirflowFailException, match="cannot be read"):
        asked()
    assert runs(marked) == before


def test_without_a_rule_file_or_answers_there_is_nothing_to_judge(
    marked: MarkerSeason, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(AirflowSkipException, match="none of the markers"):
        run_rules.function("dk-2018")
    monkeypatch.delenv("CBM_RULES_FILE")
    with pytest.raises(AirflowSkipException, match="names no file"):
        asked("manual")
