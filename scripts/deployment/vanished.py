"""A check that a client whose link is cut holds no lock for longer than a minute."""

from __future__ import annotations

import time
from collections.abc import Iterator

from dias_cbm.db.queries import query
from dias_cbm_lab.demo.check import Check
from scripts.deployment import images
from scripts.deployment.installation import Installation
from scripts.deployment.programs import CannotRun

LIMIT_S = 60
_NETWORK = "cbm_default"
#: It holds a lock as our tasks do, and one by a connection without settings, as Airflow's are.
_HOLDER = """
import time, psycopg
from dias_cbm.config.settings import settings
from dias_cbm.db.connection import connect
from dias_cbm.db.locks import hold_named
ours, plain = connect(), psycopg.connect(settings().database.url)
hold_named(ours, "ours")
hold_named(plain, "plain")
print("held", flush=True)
time.sleep(600)
"""


def check(installation: Installation) -> Iterator[Check]:
    """Cut a container that holds two locks from its network, and wait for them."""
    engine = installation.engine
    file = "/run/secrets/cbm_database_url"
    holder = engine.docker(
        *("run", "--detach", "--network", _NETWORK, "--env", f"CBM_DATABASE_URL_FILE={file}"),
        *("--volume", f"{installation.folder}/secrets/cbm_database_url:{file}:ro"),
        *("--entrypoint", "python", images.OURS, "-c", _HOLDER),
    ).strip()
    try:
        until = time.monotonic() + 60
        while "held" not in engine.docker("logs", holder):
            if time.monotonic() > until:
                raise CannotRun("the client that is to vanish has no locks")
            time.sleep(0.5)
        engine.docker("network", "disconnect", "--force", _NETWORK, holder)
        cut = time.monotonic()
        for name, whose in (("ours", "the library's"), ("plain", "Airflow's")):
            _wait_for(installation, name)
            waited = time.monotonic() - cut
            yield Check(
                f"a vanished client's lock is free, on a connection like {whose}",
                f"within {LIMIT_S} s",
                f"{waited:.0f} s",
                1 < waited < LIMIT_S,
            )
    finally:
        engine.docker("rm", "--force", holder)


def _wait_for(installation: Installation, name: str) -> None:
    lock = query("db/hold_named_lock").replace("%(name)s", f"'{name}'")
    psql = ("psql", "--username", "cbm", "--dbname", "cbm", "--command")
    installation.compose("exec", "-T", "postgis", *psql, f"set lock_timeout = '120s';\n{lock}")
