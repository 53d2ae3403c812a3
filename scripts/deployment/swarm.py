"""``make swarm``: docker-stack.yaml on three hosts, one of which is lost in the middle of the work.

The hosts are network namespaces of this machine, each with a Docker engine of Debian's package. The
image is built as `make deployment` builds it. All of it lies in ``.run/swarm``, and is removed at
the end.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Generator, Iterator
from contextlib import AbstractContextManager, ExitStack
from urllib.parse import urlsplit

from dias_cbm_lab.cli.terminal import Terminal
from dias_cbm_lab.demo import environment as env
from dias_cbm_lab.demo import main_job
from dias_cbm_lab.demo.check import Check, equal
from dias_cbm_lab.demo.folder import RunFolder, write_private
from scripts.deployment import engine, images, lab, network, outside, programs, stack
from scripts.deployment.__main__ import FOLDER as BUILDING
from scripts.deployment.engine import Engine
from scripts.deployment.network import Host
from scripts.deployment.programs import ROOT, CannotRun
from scripts.deployment.stack import Node, Swarm

FOLDER = ROOT / ".run" / "swarm"
#: The namespace with the network of the hosts, and the address of what lies outside of them.
LAN, OUTSIDE = "cbm-swarm", "10.78.0.1"
HOSTS = {f"{LAN}-{number}": f"10.78.0.1{number}" for number in (1, 2, 3)}
_READY_S = 180


def main() -> int:
    """Try the swarm."""
    parser = lab.parser_of("swarm", __doc__)
    parser.add_argument("--soak", action="store_true", help="measure 300 short tasks before")
    asked = parser.parse_args()
    return lab.run("swarm", lambda: attempt(asked), lambda: remove(keep=asked.keep))


def attempt(asked: argparse.Namespace) -> Generator[Check]:
    """Every step, and the checks after it.

    :raises CannotRun: an engine cannot be started here, or a step fails.
    """
    show = Terminal()
    programs.require()
    run = RunFolder(FOLDER / "run")
    main_job.make_season(run, main_job.Options(days=21, parcels=asked.parcels), show)
    shutil.rmtree(run.mail, ignore_errors=True)
    project = FOLDER / "project"
    images.copy_project(project)
    show.step("building the images")
    packed = FOLDER / "images.tar"
    with engine.running(BUILDING / "engine", isolated=False) as builder:
        images.make(builder, project, images.revision(), proxy=True)
        images.save(builder, (images.OURS, *images.SERVICES, images.PROXY), packed)
    with ExitStack() as opened:
        opened.enter_context(network.namespace(LAN, OUTSIDE))
        opened.enter_context(outside.store(run, LAN, (stack.LOGS, stack.MADE)))
        opened.enter_context(outside.services(run, LAN))
        show.step("three hosts, each with an engine")
        hosts = [opened.enter_context(network.host(*one, LAN)) for one in HOSTS.items()]
        nodes = [Node(host, opened.enter_context(_engine(host))) for host in hosts]
        for node in nodes:
            stack.leave(node.engine)
            images.load(node.engine, packed)
        swarm = Swarm(nodes, project)
        for node in nodes:
            opened.callback(stack.leave, node.engine)
        yield from _start(swarm, run, show)
        password = swarm.create_admin(env.USER)
        write_private(run.passwords, json.dumps({env.USER: password}))
        yield from _season(swarm, run, asked)
        yield from _after(swarm, show)


def _engine(host: Host) -> AbstractContextManager[Engine]:
    folder = FOLDER / host.name
    return engine.running(folder, isolated=True, namespace=host.name)


def known_swarm() -> Swarm:
    """The swarm that runs, for a process inside its network."""
    nodes = [Node(Host(*one, LAN), Engine(FOLDER / one[0])) for one in HOSTS.items()]
    return Swarm(nodes, FOLDER / "project")


def _start(swarm: Swarm, run: RunFolder, show: Terminal) -> Iterator[Check]:
    """From three hosts to a stack whose services are all healthy."""
    folder = run.root / "settings"
    folder.mkdir(parents=True, exist_ok=True)
    variables = stack.settings(folder, run, OUTSIDE)
    swarm.unite()
    show.step("deploy/secrets.sh, docker stack deploy")
    swarm.make_secrets(folder / "connections.json", folder)
    said = swarm.make_secrets(folder / "connections.json", folder)
    yield equal(
        "secrets that a second run makes anew", [], [s for s in said.split("\n") if "made" in s]
    )
    begun = time.monotonic()
    swarm.deploy(variables)
    swarm.wait(stack.as_wanted, show.progress)
    yield Check("stack: all healthy", "after a time", f"{time.monotonic() - begun:.0f} s", ok=True)
    where = {node.host.name: len(node.containers("worker")) for node in swarm.nodes}
    wanted = dict(zip(HOSTS, (0, 1, 1), strict=True))
    yield equal("workers on each host", wanted, where)
    form = "{{json .Config.Env}}{{.HostConfig.ReadonlyRootfs}}"
    password = urlsplit(swarm.worker_url()).password or ""
    for service in ("api-server", "worker"):
        node = swarm.manager if service == "api-server" else swarm.working[0]
        text = node.engine.docker("inspect", "--format", form, node.containers(service)[0])
        name = f"{service}: read-only root, no password in its environment"
        yield equal(name, (True, False), (text.strip().endswith("true"), password in text))


def _season(swarm: Swarm, run: RunFolder, asked: argparse.Namespace) -> Iterator[Check]:
    """The season with its stroke, by a process inside the hosts' network."""
    module = [sys.executable, "-m", "scripts.deployment.swarm_season", str(run.root)]
    arguments = ["--days", str(asked.days), *(["--soak"] if asked.soak else [])]
    surroundings = {**programs.surroundings(), "CBM_DATABASE_URL": swarm.database_url()}
    with subprocess.Popen(
        programs.mortal(network.inside([*module, *arguments], LAN)),
        cwd=ROOT,
        env=surroundings,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            for line in process.stdout or ():
                yield Check(**json.loads(line))
            process.wait()
        finally:
            process.terminate()
    if process.returncode:
        raise CannotRun("the season in the swarm broke off")


def _after(swarm: Swarm, show: Terminal) -> Iterator[Check]:
    """What the swarm has made of it, and whether the lost host comes back."""
    swarm.wait(stack.as_wanted, show.progress)
    where = {node.host.name: len(node.containers("worker")) for node in swarm.nodes[:-1]}
    first, second, _ = HOSTS
    yield equal("workers of the lost host, started elsewhere", {first: 0, second: 2}, where)
    lost = swarm.nodes[-1]
    state = ("node", "inspect", "--format", "{{.Status.State}}", lost.host.name)
    yield equal("the lost host, as the swarm sees it", "down", swarm.docker(*state).strip())
    lost.host.mend()
    begun = time.monotonic()
    while (found := swarm.docker(*state).strip()) != "ready":
        if time.monotonic() - begun > _READY_S:
            break
        time.sleep(1)
    yield equal(
        f"the host, {time.monotonic() - begun:.0f} s after its link is back", "ready", found
    )


def remove(*, keep: bool) -> None:
    """Remove all that was made.

    :param keep: leave images and the season.
    """
    for folder in (FOLDER, BUILDING):
        engine.unmount(folder)
    if keep:
        shutil.rmtree(FOLDER / "project", ignore_errors=True)
        return
    for folder in (FOLDER, BUILDING):
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
