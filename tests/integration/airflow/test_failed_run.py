"""Tasks that fail while Airflow calls nobody, with the code of Airflow's scheduler.

States of tasks, the end of the run and its callback come from Airflow itself; only the processes
between which they travel are missing.
"""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from copy import copy
from datetime import UTC, datetime
from email.message import EmailMessage
from types import SimpleNamespace
from typing import Any

import pytest
import structlog

from dias_cbm.notices import alerts
from dias_cbm_airflow.operators import failed_run, failure_mail

pytestmark = pytest.mark.integration

DAG = "cbm_parcels"


@pytest.fixture
def session(airflow_database: None, database: str) -> Iterator[Any]:
    from airflow.utils.session import create_session

    with create_session() as session:
        yield session


@pytest.fixture
def client() -> Any:
    """What a supervisor tells the api-server with, and asks it."""
    from airflow.sdk.execution_time.supervisor import InProcessTestSupervisor

    return InProcessTestSupervisor._api_client()


@pytest.fixture
def run(session: Any, dagbag: Any) -> Iterator[Any]:
    """A run whose task waits for a worker."""
    from airflow.dag_processing.bundles.manager import DagBundlesManager
    from airflow.dag_processing.dagbag import sync_bag_to_db
    from airflow.models.dagbag import DBDagBag
    from airflow.utils.state import DagRunState
    from airflow.utils.types import DagRunTriggeredByType, DagRunType

    manager = DagBundlesManager()
    manager.sync_bundles_to_db(session=session)
    session.commit()
    # Other tests store the DAG themselves; one that is stored twice is a warning.
    forget(session)
    only = copy(dagbag)
    only.dags = {DAG: dagbag.dags[DAG]}
    sync_bag_to_db(only, "dags-folder", None, session=session)
    now = datetime.now(UTC)
    dag = DBDagBag().get_latest_version_of_dag(DAG, session=session)
    conf = dict.fromkeys(("file", "season", "id_column", "crop_column"), "x")
    run = dag.create_dagrun(
        conf=conf,
        run_id=f"manual__{now.isoformat()}",
        logical_date=now,
        data_interval=(now, now),
        run_after=now,
        run_type=DagRunType.MANUAL,
        triggered_by=DagRunTriggeredByType.TEST,
        state=DagRunState.RUNNING,
        start_date=now,
        session=session,
    )
    (instance,) = run.task_instances
    instance.state, instance.try_number = "queued", 5
    session.commit()
    yield run
    session.rollback()
    forget(session)


def forget(session: Any) -> None:
    """Remove the DAG and its runs from Airflow's database."""
    from airflow.api.common.delete_dag import delete_dag
    from airflow.exceptions import DagNotFound

    with suppress(DagNotFound):
        delete_dag(DAG, session=session)
    session.commit()


def begin(client: Any, instance: Any) -> None:
    client.task_instances.start(instance.id, 1, datetime.now(UTC))


def killed_in_its_last_try(client: Any, session: Any, run: Any) -> Any:
    """What Airflow asks the dag-processor to call for a run."""
    (instance,) = run.task_instances
    begin(client, instance)
    # All that a supervisor does whose process was killed.
    client.task_instances.finish(instance.id, "failed", datetime.now(UTC), None)
    session.expire_all()
    _, request = run.update_state(session=session, execute_callbacks=False)
    session.commit()
    return request


def call(request: Any, dagbag: Any, client: Any) -> None:
    """Call it as the dag-processor does."""
    from airflow.dag_processing import processor
    from airflow.sdk.execution_time.request_handlers import handle_get_task_states
    from airflow.sdk.execution_time.supervisor import set_supervisor_comms

    comms: Any = SimpleNamespace(send=lambda msg: handle_get_task_states(client, msg)[0])
    with set_supervisor_comms(comms):
        processor._execute_dag_callbacks(dagbag, request, structlog.get_logger())


def test_a_task_that_is_killed_in_its_last_try_is_mailed_once(
    session: Any, client: Any, run: Any, dagbag: Any, mailbox: list[EmailMessage]
) -> None:
    request = killed_in_its_last_try(client, session, run)
    assert request.is_failure_callback
    call(request, dagbag, client)
    call(request, dagbag, client)
    (mail,) = mailbox
    assert mail["Subject"] == f"[cbm] FAILED cbm_parcels.load_parcels, {run.run_id}"


def test_a_task_that_has_told_of_its_error_is_not_mailed_again(
    session: Any, client: Any, run: Any, dagbag: Any, connection: Any, mailbox: list[EmailMessage]
) -> None:
    key = f"{DAG}/{run.run_id}/load_parcels/-1/5"
    alerts.record(connection, alerts.written(key, "FAILED", []))
    connection.execute("update alert set sent_at = now()")
    connection.commit()
    call(killed_in_its_last_try(client, session, run), dagbag, client)
    assert mailbox == []


def test_without_the_database_it_is_mailed_all_the_same(
    session: Any,
    client: Any,
    run: Any,
    dagbag: Any,
    mailbox: list[EmailMessage],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    request = killed_in_its_last_try(client, session, run)
    monkeypatch.setenv("CBM_DATABASE_URL", "postgresql://nobody@127.0.0.1:9/nothing")
    call(request, dagbag, client)
    assert len(mailbox) == 1


def test_a_mail_server_that_hangs_keeps_no_failure_from_being_recorded(
    connection: Any, mailbox: list[EmailMessage], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Airflow would end the process, and forget what else it had to tell."""
    monkeypatch.setattr("dias_cbm_airflow.operators.in_time.silent", set())
    monkeypatch.setattr(failure_mail, "_SEND_S", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as hangs:
        smtp = json.loads(os.environ["AIRFLOW_CONN_CBM_SMTP"]) | {"port": hangs.getsockname()[1]}
        monkeypatch.setenv("AIRFLOW_CONN_CBM_SMTP", json.dumps(smtp))
        for key in ("first", "second"):
            alert = alerts.written(key, key, [])
            with pytest.raises(TimeoutError, match="mail server"):
                failure_mail.record_and_send(lambda _, alert=alert: alert)
    rows = connection.execute("select task from alert where sent_at is null").fetchall()
    assert {row.task for row in rows} == {"first", "second"}


def test_a_task_that_is_cleared_gets_an_id_of_that_moment(
    session: Any, client: Any, run: Any
) -> None:
    from airflow.models.taskinstance import clear_task_instances

    (instance,) = run.task_instances
    begin(client, instance)
    begun = time.time()
    session.expire_all()
    first = instance.id
    clear_task_instances([instance], session)
    session.commit()
    assert instance.state == "restarting"
    assert (first.int >> 80) / 1000 <= begun <= (instance.id.int >> 80) / 1000 + 0.001


def test_names_that_airflow_gives_to_states() -> None:
    tasks = {"extract", "send_digest", "take_2"}
    names = {name: failed_run._numbered(name, tasks) for name in ("extract_12", "take_2")}
    assert names == {"extract_12": "extract/12", "take_2": "take_2/-1"}
    assert failed_run._numbered("take_2_0", tasks) == "take_2/0"
