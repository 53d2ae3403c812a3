"""``make deployment``: docker-compose.yaml from nothing to a season, down, and up again.

A Docker engine from Debian's packages is started in a network namespace; the image is built and
compose is started as for a user. All of it lies in ``.run/deployment``, and is removed at the end.
"""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Iterable
from contextlib import ExitStack, closing

from dias_cbm_lab.cli.terminal import Terminal
from dias_cbm_lab.demo import checks, main_job
from dias_cbm_lab.demo.check import Check, equal
from dias_cbm_lab.demo.folder import RunFolder, write_private
from scripts.deployment import container_checks, engine, images, network, outside, programs
from scripts.deployment.installation import Installation, write_settings
from scripts.deployment.programs import ROOT, CannotRun

FOLDER = ROOT / ".run" / "deployment"


def main() -> int:
    """Try the deployment; the exit code is 1 if a check fails, and 2 where it cannot be tried."""
    parser = argparse.ArgumentParser(prog="make deployment", description=__doc__)
    parser.add_argument("--days", type=int, default=6, help="days of the season, at most 21")
    parser.add_argument("--parcels", type=int, default=300)
    parser.add_argument(
        "--keep", action="store_true", help="keep images and season for the next run"
    )
    asked = parser.parse_args()
    # Told to end, it cleans up like one that has done.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    begun = time.monotonic()
    found: list[Check] = []
    try:
        held = programs.alone()
    except CannotRun as error:
        print(f"deployment: {error}", file=sys.stderr)
        return 2
    try:
        with closing(attempt(asked.days, asked.parcels)) as steps:
            for check in steps:
                found.append(check)
                print(checks.line(check), flush=True)
    except CannotRun as error:
        print(f"deployment: {error}", file=sys.stderr)
        return 2
    finally:
        remove(keep=asked.keep)
        held.close()
    failed = sum(not check.ok for check in found)
    minutes = (time.monotonic() - begun) / 60
    print(f"{len(found)} checks, {failed} FAILED, {minutes:.1f} minutes")
    return 1 if failed else 0


def attempt(days: int, parcels: int) -> Generator[Check]:
    """Every step, and the checks after it.

    :raises CannotRun: an engine cannot be started here, or a step fails.
    """
    show = Terminal()
    programs.require()
    run = RunFolder(FOLDER / "run")
    main_job.make_season(run, main_job.Options(days=21, parcels=parcels), show)
    shutil.rmtree(run.mail, ignore_errors=True)
    project = FOLDER / "project"
    images.copy_project(project)
    show.step("building the images")
    with engine.running(FOLDER / "engine", isolated=False) as builder:
        images.make(builder, project, images.revision())
    with ExitStack() as stack:
        stack.enter_context(network.namespace())
        stack.enter_context(outside.services(run))
        host = stack.enter_context(engine.running(FOLDER / "engine", isolated=True))
        host.clear()
        yield from container_checks.of_image(host, run.season)
        database = write_settings(project, run)
        installation = Installation(host, project)
        stack.callback(installation.compose, "down", "--volumes", "--timeout", "20")
        for what in ("first", "again"):
            show.step(f"docker compose up, {what}")
            begun = time.monotonic()
            installation.up()
            yield Check("compose: up", "healthy", f"{time.monotonic() - begun:.0f} s", ok=True)
            if what == "again":
                kept = run.passwords.read_text() == installation.passwords()
                yield equal("the login has stayed", True, kept)
            write_private(run.passwords, installation.passwords())
            address = database.replace("@postgis:", f"@{installation.address('postgis')}:")
            yield from _season(run, days, what, address)
            yield from container_checks.of_containers(installation)
            if what == "first":
                show.step("docker compose down")
                installation.compose("down")


def _season(run: RunFolder, days: int, what: str, database: str) -> Iterable[Check]:
    """The season in the deployed system, by a process inside the namespace."""
    module = [sys.executable, "-m", "scripts.deployment.season", str(run.root), str(days), what]
    done = subprocess.run(
        network.inside(module),
        cwd=ROOT,
        env=dict(programs.surroundings()) | {"CBM_DATABASE_URL": database},
        stdout=subprocess.PIPE,
        check=False,
    )
    if done.returncode:
        raise CannotRun("the season in the deployed system broke off")
    return [Check(**one) for one in json.loads(done.stdout)]


def remove(*, keep: bool) -> None:
    """Remove all that was made.

    :param keep: leave images and the season.
    """
    engine.unmount(FOLDER)
    shutil.rmtree(FOLDER / "project" if keep else FOLDER, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
