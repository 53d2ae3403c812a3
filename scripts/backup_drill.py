"""Lose a database with a season in it, restore it from the backup, and compare: backup_drill.py.

What docs/backup.md says, with deploy/backup/pgbackrest.conf, on a cluster of its own: half a
season, a base backup, the other half, kill, delete, restore. The repository is a folder unless
``PGBACKREST_REPO1_...`` variables name an object store. Needs Debian's PostgreSQL and pgbackrest.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dias_cbm import seasons
from dias_cbm.db.connection import connect
from dias_cbm.db.migrations import migrate
from dias_cbm.pipeline.season import SeasonRunner
from dias_cbm.scenes import Card
from dias_cbm_lab.demo import environment, main_job, reference_run
from dias_cbm_lab.demo.folder import RunFolder
from dias_cbm_lab.demo.ports import choose, is_free
from dias_cbm_lab.season.simulate import DemoSeason

ROOT = Path(__file__).resolve().parents[1]
BINARIES = Path("/usr/lib/postgresql/15/bin")
OPTIONS = main_job.Options(21, 100, 1)


class Cluster:
    """A PostgreSQL with its log archived by pgBackRest.

    :param folder: new, of the user who runs the server.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.data, self.port = folder, folder / "data", choose(54400)
        self.url = f"postgresql://cbm@/cbm?host={folder}&port={self.port}"
        own = {
            "PGBACKREST_CONFIG": str(folder / "pgbackrest.conf"),
            "PGBACKREST_PG1_PATH": str(self.data),
            "PGBACKREST_PG1_SOCKET_PATH": str(folder),
            "PGBACKREST_PG1_PORT": str(self.port),
            "PGBACKREST_LOCK_PATH": str(folder),
            "PGBACKREST_SPOOL_PATH": str(folder),
        }
        given = {name: one for name, one in os.environ.items() if name.startswith("PGBACKREST_")}
        store = given or {
            "PGBACKREST_REPO1_TYPE": "posix",
            "PGBACKREST_REPO1_PATH": str(folder / "repository"),
        }
        store.setdefault("PGBACKREST_REPO1_CIPHER_PASS", "of-the-drill")
        path = os.environ.get("PATH", os.defpath)
        self.environment = {"PATH": path, "LANG": "C.UTF-8"} | store | own

    def run(self, *command: str | Path) -> str:
        """Run a program as the server's user; its output.

        :raises SystemExit: it failed.
        """
        user = ["runuser", "--user", "postgres", "--"] if os.geteuid() == 0 else []
        done = subprocess.run(
            [*user, *map(str, command)],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"{Path(command[0]).name} {command[1]}: {done.stderr or done.stdout}")
        return done.stdout

    def create(self) -> None:
        """Make an empty cluster that archives, with the settings of docs/backup.md."""
        shutil.copy(ROOT / "deploy/backup/pgbackrest.conf", self.folder)
        self.run(BINARIES / "initdb", "-D", self.data, "-U", "cbm", "--auth=trust", "-E", "UTF8")
        with (self.data / "postgresql.auto.conf").open("a") as settings:
            settings.write(
                f"listen_addresses = ''\nunix_socket_directories = '{self.folder}'\n"
                "archive_mode = on\narchive_timeout = 60\n"
                "archive_command = 'pgbackrest --stanza=cbm archive-push %p'\n"
            )

    def start(self) -> None:
        """Start the server."""
        options = f"-p {self.port}"
        log = self.folder / "log"
        self.run(BINARIES / "pg_ctl", "-D", self.data, "-l", log, "-o", options, "-w", "start")

    def await_writable(self) -> None:
        """Wait until the log has been replayed; meanwhile the server can only be read."""
        for _ in range(600):
            with connect(self.url) as connection:
                row = connection.execute("select pg_is_in_recovery() as replaying").fetchone()
            if row is not None and not row.replaying:
                return
            time.sleep(0.2)
        raise SystemExit(f"the log is not replayed after two minutes: see {self.folder / 'log'}")

    def stop(self, mode: str) -> None:
        """Stop the server: ``fast``, or ``immediate``, as if it were killed."""
        self.run(BINARIES / "pg_ctl", "-D", self.data, "-m", mode, "-w", "stop")


@contextmanager
def observed(cluster: Cluster, run: RunFolder) -> Iterator[DemoSeason]:
    """A simulated season whose catalogue is served, and the settings for it."""
    made = main_job.make_season(run, OPTIONS, Quiet())
    ports = {"dias": choose(54500), "airflow": 1, "smtp": 1}
    os.environ |= {
        name: one
        for name, one in environment.environment(run, ports, cluster.url).items()
        if name.startswith("CBM_")
    }
    command = [
        "dias_cbm_lab.dias.server",
        "--folder",
        str(run.season),
        "--port",
        str(ports["dias"]),
    ]
    served = subprocess.Popen([sys.executable, "-m", *command])
    try:
        while is_free(ports["dias"]):
            if served.poll() is not None:
                raise SystemExit("the simulated platform does not start")
            time.sleep(0.2)
        yield made
    finally:
        served.terminate()
        served.wait()


class Quiet:
    """Shows no progress."""

    def step(self, text: str) -> None:
        """A line that stays."""

    def progress(self, text: str) -> None:
        """A line that the next one replaces."""


def state(url: str) -> dict[str, object]:
    """What a season is: its status as the command prints it, and a hash of each table."""
    with connect(url) as connection:
        (season,) = seasons.all_seasons(connection)
        tables = {**reference_run.TABLES, **reference_run.GAPS}
        hashes = {
            name: hashlib.sha256(repr(connection.execute(query).fetchall()).encode()).hexdigest()
            for name, (query, _) in tables.items()
        }
        rows = connection.execute("select count(*) as parcels from parcel_slot").fetchone()
    done = subprocess.run(
        [Path(sys.executable).with_name("cbm"), "season", "status", season.name, "--json"],
        env=os.environ | {"CBM_DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )
    if not done.stdout:
        raise SystemExit(f"cbm season status: {done.stderr}")
    return {"status": json.loads(done.stdout), "parcels": rows, **hashes}


def drill(folder: Path) -> None:
    """The drill; prints each step.

    :raises SystemExit: a step failed, or what was restored is not what was lost.
    """
    cluster = Cluster(folder)
    cluster.create()
    cluster.start()
    run = RunFolder(folder / "run")
    try:
        with observed(cluster, run) as made:
            cluster.run(
                BINARIES / "createdb", "-h", folder, "-p", str(cluster.port), "-U", "cbm", "cbm"
            )
            cluster.run("pgbackrest", "--stanza=cbm", "stanza-create")
            cluster.run("pgbackrest", "--stanza=cbm", "check")
            with connect(cluster.url) as connection:
                migrate(connection)
                main_job.load_season(connection, made)
                season = seasons.get(connection, made.name)
                half = season.starts + (season.ends - season.starts) / 2
                SeasonRunner(connection, season, tuple(Card), season.starts, half).run()
                began = time.monotonic()
                cluster.run("pgbackrest", "--stanza=cbm", "--type=full", "backup")
                print(f"base backup: {time.monotonic() - began:.1f} s")
                SeasonRunner(connection, season, tuple(Card), half, season.ends).run()
                # In earnest this is archive_timeout: a minute.
                connection.execute("select pg_switch_wal()")
                connection.commit()
            before = state(cluster.url)
            cluster.run("pgbackrest", "--stanza=cbm", "check")
            cluster.stop("immediate")
            shutil.rmtree(cluster.data)
            print("the cluster is gone")
            cluster.run("install", "-d", "-m", "700", cluster.data)
            began = time.monotonic()
            cluster.run("pgbackrest", "--stanza=cbm", "restore")
            cluster.start()
            cluster.await_writable()
            print(f"restored: {time.monotonic() - began:.1f} s")
            after = state(cluster.url)
    finally:
        if (cluster.data / "postmaster.pid").exists():
            cluster.stop("fast")
    different = [name for name in before if before[name] != after[name]]
    if different:
        raise SystemExit(f"restored, but not equal: {', '.join(different)}")
    print(f"equal: {', '.join(before)}")


def main() -> None:
    """Run the drill in a folder of its own, which is removed."""
    if shutil.which("pgbackrest") is None:
        print("skipped: pgbackrest is not installed (apt-get install pgbackrest)")
        return
    # So that the server is stopped and the folder removed then, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))
    folder = Path(tempfile.mkdtemp(prefix="cbm-drill-"))
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        folder.chmod(0o755)
        drill(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
