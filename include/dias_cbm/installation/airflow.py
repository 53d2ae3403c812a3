"""The Airflow of an installation: pools, connections and health, through its REST API."""

from __future__ import annotations

import json
import shlex
from collections.abc import Collection, Iterator

from dias_cbm.backfill.airflow_api import AirflowApi, open_airflow
from dias_cbm.config.settings import settings
from dias_cbm.errors import CbmError, ServiceError, SettingsError
from dias_cbm.installation.airflow_names import POOLS, SMTP, pools, pools_to_set
from dias_cbm.installation.connections import Connection, in_environment
from dias_cbm.installation.findings import Finding, broken, ok, unknown, unused

_SET_UP = "cbm init creates them"


def check_airflow() -> Iterator[Finding]:
    """Whether Airflow runs, has read the DAGs, and has the pools."""
    if not settings().airflow.url:
        yield unused("Airflow", "no address; days are run by hand", "set CBM_AIRFLOW_URL")
        return
    try:
        with open_airflow() as api:
            yield from _inside(api)
    except SettingsError as error:
        yield unknown("Airflow", str(error), "set CBM_AIRFLOW_TOKEN to check it")
    except ServiceError as error:
        yield broken("Airflow", str(error), "see the log of api-server")


def _inside(api: AirflowApi) -> Iterator[Finding]:
    health = api.health()
    if not health:
        yield broken("Airflow", "does not answer", "start it, or correct CBM_AIRFLOW_URL")
        return
    unhealthy = [name for name, state in health.items() if state != "healthy"]
    if unhealthy:
        yield broken("Airflow", f"not healthy: {', '.join(unhealthy)}", "see the component's log")
    else:
        yield ok("Airflow", "healthy")
    missing = sorted(set(POOLS) - set(api.pools()))
    if missing:
        yield broken("Airflow's pools", f"missing: {', '.join(missing)}", _SET_UP)
    else:
        yield ok("Airflow's pools", ", ".join(POOLS))
    errors = api.import_errors()
    dags = {name: paused for name, paused in api.dags().items() if name.startswith("cbm_")}
    if errors:
        yield broken("DAGs", errors[0].splitlines()[0], "correct the file, or its imports")
    elif not dags:
        yield broken("DAGs", "none found", "put dags/ into Airflow's DAGs folder")
    else:
        paused = sum(dags.values())
        yield ok("DAGs", f"{len(dags)} found, {paused} of them paused")


def slots_of_pools() -> dict[str, int] | None:
    """Pool -> slots, as Airflow has them; None if it cannot be asked."""
    if not settings().airflow.url:
        return None
    try:
        with open_airflow() as api:
            return api.slots() if api.health() else None
    except CbmError:
        return None


def mail_connection() -> Connection | None:
    """The mail server, from the environment or from Airflow; None if neither is available.

    :raises SettingsError: the variable that describes it cannot be parsed.
    :raises ServiceError: Airflow does not answer, or has no such connection.
    """
    found = in_environment(SMTP)
    if found is not None or not settings().airflow.url:
        return found
    try:
        api = open_airflow()
    except SettingsError:
        return None
    with api:
        described = api.connection(SMTP)
    if described is None:
        raise ServiceError("Airflow has no such connection", subject=SMTP)
    # Airflow's API does not return passwords, so the login cannot be tried.
    extra = json.loads(described.get("extra") or "{}")
    return Connection(SMTP, "smtp", described.get("host") or "", described.get("port"), extra=extra)


def set_up(api: AirflowApi, wanted: Collection[Connection]) -> list[str]:
    """Create the missing pools and connections; set the slots of pools that are settings.

    :returns: what was done, one line each.
    :raises ServiceError: Airflow does not answer, or refuses.
    """
    done = []
    existing = set(api.pools())
    for name, (slots, description) in pools_to_set(existing).items():
        api.set_pool(name, slots, description)
        what = f"pool {name} has {slots} slots" if name in existing else f"created pool {name}"
        done.append(what)
    for connection in wanted:
        if api.connection(connection.conn_id) is None:
            api.add_connection(connection.for_api())
            done.append(f"created connection {connection.conn_id}")
    return done


def commands(wanted: Collection[Connection]) -> list[str]:
    """Commands to type where Airflow runs, if it cannot be reached from here."""
    created = [
        f"airflow pools set {name} {slots} {shlex.quote(description)}"
        for name, (slots, description) in pools().items()
    ]
    return [*created, *(connection.command() for connection in wanted)]
