"""``make deployment``: docker-compose.yaml from nothing to a season, and to a later version.

A Docker engine from Debian's packages is started in a network namespace; the image is built and
compose is started as for a user. All of it lies in ``.run/deployment``, and is removed at the end.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Generator, Iterable
from contextlib import ExitStack
from dataclasses import replace

from dias_cbm_lab.cli.terminal import Terminal
from dias_cbm_lab.demo import main_job
from dias_cbm_lab.demo.check import Check, equal
from dias_cbm_lab.demo.folder import RunFolder, write_private
from dias_cbm_lab.season.simulate import open_season
from scripts.deployment import (
    bad_starts,
    container_checks,
    engine,
    images,
    lab,
    leaks,
    network,
    outside,
    people,
    programs,
    vanished,
)
from scripts.deployment.installation import MADE, Installation, database_url, write_settings
from scripts.deployment.programs import ROOT, CannotRun
from scripts.deployment.season import WORKER_URL

FOLDER = ROOT / ".run" / "deployment"


def main() -> int:
    """Try the deployment."""
    asked = lab.parser_of("deployment", __doc__).parse_args()
    return lab.run(
        "deployment",
        lambda: attempt(asked.days, asked.parcels),
        lambda: remove(keep=asked.keep),
    )


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
    write_settings(project, run)
    show.step("building the images")
    with engine.running(FOLDER / "engine", isolated=False) as builder:
        images.make(builder, project, images.revision(), proxy=True)
        bad_starts.make_next(builder)
    with ExitStack() as stack:
        stack.enter_context(network.namespace())
        stack.enter_context(outside.services(run))
        stack.enter_context(outside.store(run, network.NAME, (MADE,)))
        host = stack.enter_context(engine.running(FOLDER / "engine", isolated=True))
        host.clear()
        yield from container_checks.of_image(host, run.season)
        yield from leaks.in_image(host, project)
        installation = Installation(host, project)
        stack.callback(installation.compose, "down", "--volumes", "--timeout", "20")
        show.step("docker compose up")
        yield _up(installation)
        write_private(run.passwords, installation.passwords())
        yield from _season(run, days, "first", installation)
        yield from container_checks.of_containers(installation)
        yield from vanished.check(installation)
        show.step("bad starts")
        yield from bad_starts.check(installation)
        yield from leaks.in_containers(installation, _passwords(run))
        show.step("docker compose down, and up again")
        installation.compose("down")
        yield _up(installation)
        kept = run.passwords.read_text() == installation.passwords()
        yield equal("the login has stayed", True, kept)
        yield from _season(run, days, "again", installation)
        show.step("an upgrade, to persons and the proxy with TLS too")
        before = bad_starts.rows(installation)
        later = replace(installation, variables={"CBM_IMAGE": bad_starts.NEXT})
        yield from _people(later, run)
        yield equal("rows after the upgrade", before, bad_starts.rows(later))
        yield from bad_starts.check_old(installation)


def _up(installation: Installation) -> Check:
    begun = time.monotonic()
    installation.up()
    return Check("compose: up", "healthy", f"{time.monotonic() - begun:.0f} s", ok=True)


def _people(installation: Installation, run: RunFolder) -> Iterable[Check]:
    """Persons with roles in place of the shared login, behind the proxy.

    :param installation: of a later version: the services are stopped first, as for an upgrade.
    """
    certificates = FOLDER / "certificates"
    people.make_certificates(certificates)
    services = ("scheduler", "dag-processor", "triggerer", "worker", "api-server")
    installation.compose("stop", *services)
    named = {"CBM_HOST": people.HOST, "CBM_CERTIFICATES": str(certificates)}
    with_proxy = replace(
        installation, overlays=people.OVERLAYS, variables={**installation.variables, **named}
    )
    with_proxy.up("proxy")
    passwords = people.create(with_proxy)
    yield from people.check(certificates / "ca.crt", passwords, open_season(run.season).name)
    yield from leaks.in_containers(with_proxy, passwords.values())


def _passwords(run: RunFolder) -> list[str]:
    """Those of the simple login."""
    return list(json.loads(run.passwords.read_text()).values())


def _season(run: RunFolder, days: int, what: str, installation: Installation) -> Iterable[Check]:
    """The season in the deployed system, by a process inside the namespace."""
    module = [sys.executable, "-m", "scripts.deployment.season", str(run.root), str(days), what]
    address = installation.address("postgis")
    addresses = {
        "CBM_DATABASE_URL": database_url(installation.folder, "cbm_superuser_url", address),
        WORKER_URL: database_url(installation.folder, "cbm_database_url", address),
    }
    done = subprocess.run(
        network.inside(module),
        cwd=ROOT,
        env=dict(programs.surroundings()) | addresses,
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
