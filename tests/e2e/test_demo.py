"""The main job under the real Airflow: small season, own run folder, own ports, own databases.

The scheduler is killed in the middle of it; what comes out must be what plain library calls give.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from demo_run import OPTIONS, Command, Demo, Killer
from playwright.sync_api import Page, expect

from dias_cbm.backfill.airflow_api import Backfill
from dias_cbm.db.connection import connect
from dias_cbm.markers import registry
from dias_cbm_lab.demo import main_job, processes, reference_run, report, services
from dias_cbm_lab.demo.environment import USER, password
from dias_cbm_lab.demo.folder import RunFolder
from scripts import screenshots

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

# Ample: the scheduler and Chromium share a core.
expect.set_options(timeout=30_000)


def test_the_report_finds_what_was_planted_though_the_scheduler_was_killed(demo: Demo) -> None:
    assert len(demo.killed) == 1
    assert [check for check in demo.report.checks if not check.ok] == []
    assert demo.report.ok
    assert {card: numbers["records"] > 0 for card, numbers in demo.report.cards.items()} == {
        "bs": True,
        "c6": True,
        "s2": True,
    }
    assert demo.report.markers["cuts_found"] > 0
    assert demo.report.markers["colours"]["meadow_mown"]["green"] > 0


def test_markers_and_rules_ran_in_airflow_and_stored_one_answer_each(demo: Demo) -> None:
    assert demo.rows("select count(*), count(distinct season) from scheme_run") == [(1, 1)]
    parcels = OPTIONS.parcels
    stored = demo.rows("select marker, count(*) from latest_marker_states group by marker")
    assert {count for _, count in stored} == {parcels}
    assert len(stored) == len(registry.names())
    sentences = demo.rows(
        "select verdict.sentence from verdict join marker_event as event using (season, pid)"
        " where event.marker = 'ploughing' and verdict.scheme = 'meadow_not_ploughed'"
    )
    assert any("ploughing between 14 May and 19 May" in sentence for (sentence,) in sentences)


def test_a_killed_and_resumed_season_equals_plain_library_calls(
    demo: Demo, databases: dict[str, str], environment: None
) -> None:
    reference_run.process(demo.season, databases["direct"])
    with connect(demo.database) as found, connect(databases["direct"]) as expected:
        assert reference_run.differences(found, expected) == []


def test_a_backfill_is_planned_interrupted_paused_queued_behind_resumed_and_proven(
    demo: Demo, environment: None
) -> None:
    """The whole season again: nothing changes."""
    first, last = demo.season.starts, demo.season.ends
    with services.start(demo.run).airflow() as airflow:

        def going() -> list[Backfill]:
            return [one for one in airflow.backfills("cbm_bs") if not one.completed]

        def tables() -> list[str]:
            return [str(demo.rows(statement)) for statement, _ in reference_run.TABLES.values()]

        before = tables()
        plan = Command(demo, first, last, "--dry-run").ends(0)
        assert f"days             {OPTIONS.days}, of which {OPTIONS.days} have been run" in plan
        assert going() == []

        week = last - timedelta(days=6)
        others = [
            Command(demo, week, last, "--yes", "--reprocess", card=card) for card in ("c6", "s2")
        ]
        again = Command(demo, first, last, "--yes", "--reprocess")
        again.says("started: cbm_bs")
        again.interrupt()
        assert "the backfill continues in Airflow" in again.ends(130)
        (interrupted,) = going()
        assert not interrupted.paused

        assert "`cbm backfill run` resumes it" in Command(demo, first, last, verb="pause").ends(0)
        assert [one.paused for one in going()] == [True]

        part = Command(demo, first, first + timedelta(days=2), "--yes", "--reprocess")
        part.says(f"queued: backfill {interrupted.id} of cbm_bs")
        resumed = Command(demo, first, last, "--yes", "--reprocess")
        resumed.says(f"resumed: backfill {interrupted.id} of cbm_bs")
        # Gaps of the season are open: the days are done, but nothing is proven.
        for command in (resumed, *others):
            text = command.ends(1)
            assert "not_acquired" in text
            (days,) = re.findall(r"^days: (.*); 0 without a run$", text, re.MULTILINE)
            if command is resumed:
                states = {state: int(count) for count, state in re.findall(r"(\d+) (\w+)", days)}
                assert sum(states.values()) == OPTIONS.days
                # The one behind it may have begun, and run its three days anew.
                assert states["success"] >= OPTIONS.days - 3
                assert set(states) <= {"success", "queued", "running"}
            else:
                assert days == "7 success"
        text = part.ends(1)
        assert "started: cbm_bs" in text
        assert "days: 3 success; 0 without a run" in text
        assert tables() == before
        for dag_id in main_job.SIGNATURE_DAGS:
            runs = airflow.runs(dag_id, first, last)
            assert set(runs.values()) == {"success"}
            assert len(runs) == OPTIONS.days


def test_the_test_buttons_of_our_connection_types(demo: Demo) -> None:
    url = demo.environment["CBM_AIRFLOW_URL"]
    login = {"username": USER, "password": password(demo.run)}
    with httpx.Client(base_url=url, trust_env=False, timeout=60) as client:
        token = client.post("/auth/token", json=login).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"

        def press(kind: str, **fields: str) -> tuple[bool, str]:
            body = {"connection_id": f"{kind}_local", "conn_type": kind} | fields
            reply = client.post("/api/v2/connections/test", json=body).json()
            return reply["status"], reply["message"]

        assert press("cbm_dias", schema="local") == (True, "the catalogue of local answers")
        assert press("cbm_store", schema="local") == (True, "the store of local answers")
        works, said = press("cbm_dias", schema="local", host="http://127.0.0.1:9")
        assert not works
        assert "refused" in said
        works, said = press("cbm_store")
        assert not works
        assert "enter the platform" in said


def parcel_page(demo: Demo) -> str:
    pid = demo.season.truth()["wrong_declarations"][1]["pid"]
    return f"{demo.report.window['in_airflow']}/parcels/{pid}"


def test_a_viewer_reads_within_airflow_and_may_not_decide(
    demo: Demo, visit: Callable[[str, str], Page]
) -> None:
    page = visit("viewer", parcel_page(demo))
    window = screenshots.frame(page)
    expect(window.get_by_text("You may look at this parcel.")).to_be_visible()
    expect(window.locator("form.decide")).to_have_count(0)
    send = """address => fetch(address, {
        method: "POST",
        headers: {"Content-Type": "application/json"},
        body: JSON.stringify({pid: "1", finding: "right"}),
    }).then(reply => reply.status)"""
    decisions = f"/cbm/api/v1/seasons/{demo.season.name}/decisions"
    assert page.frames[-1].evaluate(send, decisions) == 403

    page.goto(demo.report.airflow)
    line = page.get_by_role("region", name="CbM seasons").get_by_role("link")
    expect(line).to_contain_text(f"{demo.season.name}: ")
    line.click()
    season = f"Season {demo.season.name}"
    expect(page.get_by_role("heading", level=1)).to_have_text(season)

    page.goto(demo.report.window["in_airflow"])
    expect(window.get_by_role("heading", level=1)).to_have_text(season)
    page.context.clear_cookies()
    window.get_by_role("link", name="Seasons", exact=True).click()
    expect(window.get_by_role("alert")).to_contain_text("Your login has expired")
    window.get_by_role("link", name="Log in again").click()
    screenshots.fill_in(window, "viewer", password(demo.run, "viewer"))
    expect(window.get_by_role("link", name=demo.season.name).first).to_be_visible()


def test_the_map_leads_an_inspector_to_a_parcel_within_airflow(
    demo: Demo, visit: Callable[[str, str], Page]
) -> None:
    page = visit("inspector", f"{demo.report.window['in_airflow']}/map")
    window = screenshots.frame(page)
    window.locator("body[data-map]:not([data-map='0'])").wait_for(timeout=60_000)
    window.locator(".map-list a").first.click()
    expect(window.get_by_role("heading", level=1)).to_contain_text("Parcel ")
    expect(window.locator("form.decide")).to_be_visible()
    # Airflow's own address is that of the page in its frame: it can be mailed.
    expect(page).to_have_url(re.compile("/plugin/cbm-seasons/cbm/seasons/.*/parcels/"))


def test_an_administrator_decides_and_a_lost_login_loses_no_decision(
    demo: Demo, visit: Callable[[str, str], Page]
) -> None:
    page = visit(USER, parcel_page(demo))
    window = screenshots.frame(page)
    form = window.locator("form.decide")

    def decide(note: str) -> None:
        form.get_by_role("radio").last.check()
        form.get_by_label("Note").fill(note)
        form.get_by_role("button", name="Save", exact=True).click()

    decide("seen in the browser")
    expect(form.get_by_label("Note")).to_have_value("")
    expect(window.locator(".history")).to_contain_text("seen in the browser")
    page.context.clear_cookies()
    decide("after the login")
    expect(form.get_by_role("alert")).to_contain_text("Your login has expired")
    expect(form.get_by_label("Note")).to_have_value("after the login")
    # The first is that of the report.
    stored = "select finding, decided_by, note from decision where source = 'window' order by id"
    assert demo.rows(stored) == [
        ("wrong", USER, "planted by the demo"),
        ("unclear", USER, "seen in the browser"),
    ]


def test_the_main_job_run_again_does_nothing_and_reports_the_same(
    demo: Demo, environment: None
) -> None:
    again = main_job.run(demo.run, OPTIONS, Killer(demo.run, after=10_000))
    assert again.ok
    assert (again.cards, again.gaps, again.outliers, again.markers, again.mails) == (
        demo.report.cards,
        demo.report.gaps,
        demo.report.outliers,
        demo.report.markers,
        demo.report.mails,
    )


def test_once_its_gaps_are_given_up_a_backfill_ends_with_the_proof(
    demo: Demo, environment: None
) -> None:
    days = demo.season.starts, demo.season.ends
    text = Command(demo, *days, "--yes", CBM_COMPLETENESS_GIVE_UP_DAYS="0.00001").ends(0)
    assert f"days: {OPTIONS.days} success; 0 without a run" in text


def test_stop_leaves_no_process(demo: Demo, environment: None) -> None:
    records = [processes.recorded(demo.run.processes, name) for name in services.SERVICES]
    assert all(processes.alive(record) for record in records)
    assert services.stop(demo.run)
    assert [record.name for record in records if record and processes.members(record)] == []
    assert services.stop(demo.run) == []


def test_no_secret_is_in_a_log_or_a_report(demo: Demo) -> None:
    secrets = [file.read_text() for file in (demo.run.airflow / "secrets").iterdir()]
    secrets.append(urlsplit(demo.database).password or "no password")
    report.write(demo.report, demo.run)
    written = [demo.run.report, *demo.run.root.glob("log/*.log"), *_task_logs(demo.run)]
    assert len(written) > 50
    for file in written:
        text = file.read_text(errors="replace")
        assert not [secret for secret in secrets if secret in text], file


def _task_logs(run: RunFolder) -> list[Path]:
    return [file for file in (run.airflow / "logs").rglob("*.log") if file.is_file()]
