"""Checks of bad starts: each says one plain sentence, and nothing half started stays."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence

from dias_cbm_lab.demo.check import Check, equal
from scripts.deployment import images, programs
from scripts.deployment.engine import Engine
from scripts.deployment.installation import Installation
from scripts.deployment.programs import CannotRun

#: An image of a later version: this one with one more migration.
NEXT = "cbm:next"
_LATER = "999_later"
_BUILD = f"""FROM {images.OURS}
USER root
RUN printf -- '-- A later version.\\\\nselect 1;\\\\n' > \\
    $(python -c 'import dias_cbm.db.queries as q; print(q.SQL)')/schema/{_LATER}.sql
USER cbm
"""
_WORKER = ("airflow", "celery", "worker")
_NOWHERE = "postgresql://cbm_worker@postgis:1/cbm"
_WRONG = "postgresql://cbm_worker:wrong@postgis:5432/cbm"
#: What is wrong -> variables of a worker, and what it must say.
_CASES = {
    "a secret that is missing": (
        {"CBM_DATABASE_URL_FILE": "/run/secrets/none"},
        "CBM_DATABASE_URL_FILE: /run/secrets/none cannot be read: No such file or directory",
    ),
    "a secret of Airflow's that is missing": (
        {"AIRFLOW__API__SECRET_KEY_CMD": "cat /run/secrets/none"},
        "AIRFLOW__API__SECRET_KEY_CMD: /run/secrets/none cannot be read: No such file",
    ),
    "a wrong password": (
        {"CBM_DATABASE_URL_FILE": "", "CBM_DATABASE_URL": _WRONG},
        "password authentication failed",
    ),
    "a wrong password of the queue": (
        {
            "AIRFLOW__CELERY__BROKER_URL_CMD": "",
            "AIRFLOW__CELERY__BROKER_URL": "redis://:wrong@redis:6379/0",
        },
        "the queue at redis: refuses the password",
    ),
    "a database that does not answer": (
        {"CBM_DATABASE_URL_FILE": "", "CBM_DATABASE_URL": _NOWHERE, "START_WAIT_S": "3"},
        "Connection refused",
    ),
}


def make_next(engine: Engine) -> None:
    """Build the image of a later version."""
    engine.docker("build", "--quiet", "--tag", NEXT, "-", give=_BUILD.encode())


def check(installation: Installation) -> Iterator[Check]:
    """Start workers and the api-server as they should not be started, beside the running ones."""
    before = sorted(installation.containers())
    for what, (variables, sentence) in _CASES.items():
        yield from _one(installation, f"start with {what}", variables, sentence)
    # The first to use a folder marks it; the next one, elsewhere, sees another folder.
    folder = {"CBM_PLATFORMS_MADE_STORE": "files:/tmp/made"}
    start(installation, folder, ("cbm", "db", "check"))
    sentence = "is not the folder in which the other machines keep"
    yield from _one(installation, "start with a folder that is not shared", folder, sentence)
    code, said = _run(installation, ("exec", "-T", "api-server", *_check("api-server")))
    yield _sentence("start with a port in use", code, said, "port 8080: cannot be listened on")
    yield equal("containers that a bad start leaves", before, sorted(installation.containers()))


def rows(installation: Installation) -> str:
    """How many rows the tables have that a season fills."""
    tables = ("parcel", "dias_catalogue", "extraction", "signature_block", "five_day_mean_block")
    counts = ", ".join(f"(select count(*) from {table})" for table in tables)  # noqa: S608
    psql = ("psql", "--username", "cbm", "--dbname", "cbm", "--tuples-only", "--command")
    return installation.compose("exec", "-T", "postgis", *psql, f"select {counts}").strip()


def check_old(installation: Installation) -> Iterator[Check]:
    """The image of before, after an upgrade: it must not run, nor migrate.

    :param installation: of the old image, whose database the later version has migrated.
    """
    sentence = f"the database: is of a later version, with {_LATER} (this code is too old for it)"
    yield from _one(installation, "an old worker after an upgrade", {}, sentence)
    for what, command in (
        ("init", ("cbm", "db", "migrate")),
        ("command", ("cbm", "season", "list")),
    ):
        code, said = start(installation, {}, command)
        yield _sentence(f"an old {what} after an upgrade", code, said, sentence)


def start(
    installation: Installation, variables: dict[str, str], command: Sequence[str] = _WORKER
) -> tuple[int, list[str]]:
    """Run a worker's container with other variables; its exit code, and the lines that it says."""
    given = [word for name, value in variables.items() for word in ("-e", f"{name}={value}")]
    return _run(installation, ("run", "--rm", "--no-deps", "-T", *given, "worker", *command))


def _one(
    installation: Installation, name: str, variables: dict[str, str], sentence: str
) -> Iterator[Check]:
    code, said = start(installation, variables)
    yield _sentence(name, code, said, sentence)


def _sentence(name: str, code: int, said: list[str], sentence: str) -> Check:
    told = [line for line in said if not line.startswith("waiting up to")]
    ok = code == 1 and len(told) == 1 and sentence in told[0]
    return Check(name, f"exit code 1 and: {sentence}", f"{code}: {' / '.join(said)[-300:]}", ok)


def _check(service: str) -> tuple[str, ...]:
    return ("cbm", "db", "check", "--service", service)


def _run(installation: Installation, arguments: Sequence[str]) -> tuple[int, list[str]]:
    command = [programs.compose(), "--project-directory", str(installation.folder), *arguments]
    try:
        done = subprocess.run(
            command,
            cwd=installation.folder,
            env={
                **programs.surroundings(),
                **installation.variables,
                **installation.engine.environment,
                # Else it tells of the services of files that are not laid over now.
                "COMPOSE_IGNORE_ORPHANS": "true",
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=180,
        )
    except subprocess.TimeoutExpired as error:
        raise CannotRun(f"{' '.join(arguments)}: does not end") from error
    lines = [line.strip() for line in (done.stdout + done.stderr).splitlines()]
    # Compose tells of containers and networks by itself.
    own = ("Container ", "Network ", "Volume ")
    return done.returncode, [line for line in lines if line and not line.startswith(own)]
