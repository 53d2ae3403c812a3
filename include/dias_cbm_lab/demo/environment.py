"""The environment that the demo's processes run in: Airflow's configuration and our settings."""

from __future__ import annotations

import base64
import json
import os
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, urlencode

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from dias_cbm_lab.demo.folder import ROOT, RunFolder, write_private
from dias_cbm_lab.demo.ports import HOST
from dias_cbm_lab.dias import bucket, object_store
from dias_cbm_lab.dias.dialects import OWN, base

USER = "admin"
#: Users of the demo's Airflow -> role.
USERS: Mapping[str, str] = {USER: "admin", "inspector": "user", "viewer": "viewer"}
MAIL_FROM = "cbm@demo.localhost"
MAIL_TO = "operator@demo.localhost"

_PLACE = ("host", "port", "user", "password", "dbname")


def environment(
    run: RunFolder, ports: Mapping[str, int], database_url: str, store: str = ""
) -> dict[str, str]:
    """The caller's environment, with the demo's own settings added.

    :param ports: of ``airflow``, ``dias`` and ``smtp``.
    :param database_url: where parcels, ledger and signatures are.
    :param store: address of the object store; empty for the season's folder.
    """
    kept = {key: value for key, value in os.environ.items() if not key.startswith("AIRFLOW_")}
    path = os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", os.defpath)])
    return {
        **kept,
        "PATH": path,
        "PYTHONUNBUFFERED": "1",
        # A task uses one core; Airflow decides how many tasks run at once.
        "OMP_NUM_THREADS": "1",
        "NUMBA_NUM_THREADS": "1",
        **_settings(run, ports, database_url),
        **_store(run, store),
        **(_under_fire(run, ports) if run.faults.exists() else {}),
        **_connections(ports, database_url),
        **_airflow(run, ports, database_url),
    }


def _settings(run: RunFolder, ports: Mapping[str, int], database_url: str) -> dict[str, str]:
    protocol = run.dialect.read_text() if run.dialect.exists() else OWN
    return {
        "CBM_DATABASE_URL": database_url,
        "CBM_PLATFORM": "local",
        "CBM_PLATFORMS_LOCAL_SIMULATED": "true",
        "CBM_PLATFORMS_LOCAL_CATALOGUE_URL": f"http://{HOST}:{ports['dias']}{base(protocol)}",
        "CBM_PLATFORMS_LOCAL_PROTOCOL": protocol,
        "CBM_MAIL_TO": MAIL_TO,
        "CBM_AIRFLOW_URL": airflow_url(ports),
        # So short a season has few optical passes.
        "CBM_MARKERS_MINIMUM_LOOKS": "2",
        "CBM_RULES_FILE": str(run.rules),
        # Work claimed by a killed worker is taken over before the demo gives up.
        "CBM_EXTRACTION_LEASE_MINUTES": "1",
        "CBM_HTTP_REQUESTS_PER_S": "50",
        **making(run.dem, run.made),
    }


def making(dem: Path, made: Path) -> dict[str, str]:
    """Settings for making the products that the local DIAS does not publish, from small images.

    :param dem: terrain model.
    :param made: folder of the products.
    """
    return {
        "CBM_CARD_BS_ENGINES": "ready,embedded",
        "CBM_CARD_C6_ENGINES": "ready,embedded",
        "CBM_CARD_DEM": str(dem),
        "CBM_PLATFORMS_MADE_STORE": f"files:{made}",
        "CBM_CARD_FREE_GB": "1",
    }


def _under_fire(run: RunFolder, ports: Mapping[str, int]) -> dict[str, str]:
    """Settings for a local DIAS with faults: shorter time-outs, more and smaller replies."""
    return {
        "CBM_PLATFORMS_LOCAL_STORE": bucket.address(f"http://{HOST}:{ports['dias']}"),
        "CBM_STORE_CACHE_FOLDER": str(run.products),
        "CBM_STORE_PART_MB": "1",
        "CBM_CATALOGUE_PAGE_ENTRIES": "2",
        "CBM_HTTP_TIMEOUT_S": "5",
        "CBM_HTTP_ATTEMPTS": "4",
    }


def _store(run: RunFolder, endpoint: str) -> dict[str, str]:
    """Address of the product store, and its key as a connection of Airflow."""
    if not endpoint:
        return {"CBM_PLATFORMS_LOCAL_STORE": f"files:{run.store}"}
    account = {
        "conn_type": "cbm_store",
        "login": object_store.USER,
        "password": object_store.SECRET,
    }
    return {
        "CBM_PLATFORMS_LOCAL_STORE": object_store.address(run.store_kind.read_text(), endpoint),
        "CBM_STORE_CACHE_FOLDER": str(run.products),
        "AIRFLOW_CONN_CBM_STORE_LOCAL": json.dumps(account),
    }


def _connections(ports: Mapping[str, int], database_url: str) -> dict[str, str]:
    parts = conninfo_to_dict(database_url)
    postgres = {
        "conn_type": "postgres",
        "host": parts.get("host"),
        "port": int(parts.get("port") or 5432),
        "login": parts.get("user"),
        "password": parts.get("password"),
        "schema": parts.get("dbname"),
        "extra": {key: value for key, value in parts.items() if key not in _PLACE},
    }
    smtp = {
        "conn_type": "smtp",
        "host": HOST,
        "port": ports["smtp"],
        "extra": {"disable_ssl": True, "disable_tls": True, "from_email": MAIL_FROM},
    }
    return {
        "AIRFLOW_CONN_CBM_POSTGRES": json.dumps(postgres),
        "AIRFLOW_CONN_CBM_SMTP": json.dumps(smtp),
    }


def _airflow(run: RunFolder, ports: Mapping[str, int], database_url: str) -> dict[str, str]:
    url = airflow_url(ports)
    fernet = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
    options = {
        "CORE__EXECUTOR": "LocalExecutor",
        "CORE__PARALLELISM": str(min(4, max(2, (os.cpu_count() or 2) + 1))),
        "CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "CORE__LOAD_EXAMPLES": "False",
        "CORE__FERNET_KEY": run.secret("fernet", fernet),
        "CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
        "CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(
            f"{user}:{role}" for user, role in USERS.items()
        ),
        "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(run.passwords),
        "DATABASE__SQL_ALCHEMY_CONN": sqlalchemy_url(metadata_url(database_url)),
        "API__HOST": HOST,
        "API__PORT": str(ports["airflow"]),
        "API__BASE_URL": url,
        "API__SECRET_KEY": run.secret("api"),
        "CORE__TEST_CONNECTION": "Enabled",
        "API__INSTANCE_NAME": "CbM demo (simulated season)",
        "API_AUTH__JWT_SECRET": run.secret("jwt"),
        "LOGGING__BASE_LOG_FOLDER": str(run.airflow / "logs"),
        "LOGGING__COLORED_CONSOLE_LOG": "False",
        # Tasks of a killed scheduler are adopted within a minute.
        "SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "15",
        "SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "15",
        "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "60",
        "SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.5",
        # DAG files do not change while the demo runs.
        "DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "300",
        "DAG_PROCESSOR__PARSING_PROCESSES": "2",
    }
    return {"AIRFLOW_HOME": str(run.airflow)} | {
        f"AIRFLOW__{key}": value for key, value in options.items()
    }


def airflow_url(ports: Mapping[str, int]) -> str:
    """Address of the Airflow UI for a browser."""
    return f"http://{HOST}:{ports['airflow']}"


def metadata_url(database_url: str) -> str:
    """The database for Airflow's own tables, beside ours and named after it: ``cbm_airflow``."""
    parts = conninfo_to_dict(database_url)
    name = f"{parts.pop('dbname', None) or parts.get('user') or 'cbm'}_airflow"
    return _url("postgresql", {**parts, "dbname": name})


def sqlalchemy_url(url: str) -> str:
    """A PostgreSQL address in the form of Airflow's ORM."""
    return _url("postgresql+psycopg2", conninfo_to_dict(url))


def _url(scheme: str, parts: Mapping[str, object]) -> str:
    known = {key: quote(str(value), safe="") for key, value in parts.items()}
    user, password = known.pop("user", ""), known.pop("password", "")
    host, port = known.pop("host", ""), known.pop("port", "")
    name = known.pop("dbname", "")
    rest = {key: parts[key] for key in known}
    login = user + (f":{password}" if password else "")
    return f"{scheme}://{login}{'@' if login else ''}{host}{f':{port}' if port else ''}/{name}" + (
        f"?{urlencode(rest)}" if rest else ""
    )


def create_metadata_database(database_url: str) -> str:
    """Create Airflow's own database if it does not exist yet.

    :returns: its address.
    """
    url = metadata_url(database_url)
    name = conninfo_to_dict(url)["dbname"]
    with psycopg.connect(database_url, autocommit=True) as server:
        found = server.execute("select from pg_database where datname = %s", (name,)).fetchone()
        if found is None:
            server.execute(sql.SQL("create database {}").format(sql.Identifier(str(name))))
    return url


def prepare_home(run: RunFolder) -> None:
    """Write the files of AIRFLOW_HOME: the logins, and the one that preloads heavy modules."""
    configuration = run.airflow / "config"
    configuration.mkdir(parents=True, exist_ok=True)
    preload = configuration / "airflow_local_settings.py"
    if not preload.is_symlink():
        preload.symlink_to(ROOT / "include" / "airflow_local_settings.py")
    known = json.loads(run.passwords.read_text()) if run.passwords.exists() else {}
    # Airflow makes up passwords that are missing, and writes them into its log.
    if missing := USERS.keys() - known.keys():
        made = {user: secrets.token_urlsafe(12) for user in sorted(missing)}
        write_private(run.passwords, json.dumps(known | made))


def password(run: RunFolder, user: str = USER) -> str:
    """The generated password of a user of Airflow, by default of ``admin``."""
    return str(json.loads(run.passwords.read_text())[user])


def first_showing(run: RunFolder) -> bool:
    """Whether the password has not been shown before; marks it as shown."""
    shown = run.airflow / "password-shown"
    if shown.exists():
        return False
    shown.touch()
    return True
