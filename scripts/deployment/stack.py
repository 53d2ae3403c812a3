"""docker-stack.yaml on a swarm of engines: its settings and secrets, and commands to it."""

from __future__ import annotations

import json
import secrets
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dias_cbm_lab.demo import environment as demo
from dias_cbm_lab.demo.folder import RunFolder, write_private
from dias_cbm_lab.dias import object_store
from dias_cbm_lab.dias.dialects import OWN, base
from scripts.deployment import images
from scripts.deployment.engine import Engine
from scripts.deployment.installation import PORTS, STORE_PORT
from scripts.deployment.network import Host
from scripts.deployment.programs import CannotRun, call

NAME, HOST_NAME = "cbm", "cbm.swarm.test"
LOGS, MADE = "cbm-logs", "cbm-made"
LAID_OVER = "scripts/deployment/on_swarm/lab.yaml"
#: A service that ends.
_ENDS = "init"
_START_S, _LEAVE_S = 2400, 120


@dataclass(frozen=True, slots=True)
class Node:
    """One host of the swarm and its engine."""

    host: Host
    engine: Engine

    def containers(self, service: str) -> list[str]:
        """Ids of the containers of a service that run on it."""
        label = f"label=com.docker.swarm.service.name={NAME}_{service}"
        return self.engine.docker("ps", "--quiet", "--filter", label).split()

    def address(self, container: str) -> str:
        """The address of a container in the stack's network."""
        form = f'{{{{(index .NetworkSettings.Networks "{NAME}_cbm").IPAddress}}}}'
        return self.engine.docker("inspect", "--format", form, container).strip()


@dataclass(frozen=True, slots=True)
class Swarm:
    """A swarm with the stack.

    :param nodes: the manager, which has the database, and two that work.
    :param project: the folder with docker-stack.yaml.
    """

    nodes: Sequence[Node]
    project: Path

    @property
    def manager(self) -> Node:
        """The host of the services but the workers."""
        return self.nodes[0]

    @property
    def working(self) -> Sequence[Node]:
        """The hosts of the workers."""
        return self.nodes[1:]

    def docker(self, *arguments: str, give: bytes | None = None) -> str:
        """Run ``docker`` on the manager."""
        return self.manager.engine.docker(*arguments, give=give)

    def unite(self) -> None:
        """Make one swarm of the hosts, with labels as docs/swarm.md says."""
        for node in self.nodes:
            address = node.host.address
            where = ("--advertise-addr", address, "--listen-addr", address)
            if node is self.manager:
                node.engine.docker("swarm", "init", *where, "--data-path-addr", address)
                token = self.docker("swarm", "join-token", "--quiet", "worker").strip()
            else:
                place = f"{self.manager.host.address}:2377"
                joining = ("--data-path-addr", address, "--token", token, place)
                node.engine.docker("swarm", "join", *where, *joining)
        database = ("--label-add", "cbm.database=true", self.manager.host.name)
        self.docker("node", "update", *database)
        for node in self.working:
            self.docker("node", "update", "--label-add", "cbm.worker=true", node.host.name)

    def deploy(self, variables: Mapping[str, str]) -> None:
        """Deploy the stack, with what the lab lays over it.

        :param variables: those of docs/swarm.md.
        """
        files = [word for file in ("docker-stack.yaml", LAID_OVER) for word in ("-c", file)]
        call(
            ["docker", "stack", "deploy", "--resolve-image", "never", *files, NAME],
            directory=self.project,
            environment={**variables, **self.manager.engine.environment},
        )

    def make_secrets(self, connections: Path, certificates: Path) -> str:
        """Run deploy/secrets.sh; returns what it says."""
        script = str(self.project / "deploy" / "secrets.sh")
        return call(
            [script, str(connections), str(certificates)],
            environment=self.manager.engine.environment,
        )

    def replicas(self) -> dict[str, str]:
        """Service -> tasks that run and are healthy, of those wanted; state of one that ends."""
        listed = self.docker("service", "ls", "--format", "{{.Name}} {{.Replicas}}").splitlines()
        found = {line.split()[0].partition("_")[2]: line.split()[1] for line in listed}
        states = self.docker("service", "ps", "--format", "{{.CurrentState}}", f"{NAME}_{_ENDS}")
        return found | {_ENDS: (states.split() or ["none"])[0]}

    def wait(
        self, wanted: Callable[[Mapping[str, str]], bool], show: Callable[[str], None]
    ) -> None:
        """Wait for the services to be as wanted.

        :raises CannotRun: they are not after a long time, or the first migration failed; with
            what they said.
        """
        deadline = time.monotonic() + _START_S
        while not wanted(found := self.replicas()):
            show("  ".join(f"{name} {state}" for name, state in sorted(found.items())))
            if found[_ENDS] in ("Failed", "Rejected") or time.monotonic() > deadline:
                raise CannotRun(f"the stack does not start: {found}\n{self._said(found)}")
            time.sleep(3)

    def _said(self, found: Mapping[str, str]) -> str:
        """The last lines of the services that are not as they should be."""
        lines = []
        for name in (name for name in found if not as_wanted({name: found[name]})):
            service = f"{NAME}_{name}"
            for words in (
                ("service", "ps", "--no-trunc", "--format", "{{.CurrentState}} {{.Error}}"),
                ("service", "logs", "--raw", "--tail", "15"),
            ):
                try:
                    said = self.manager.engine.docker(*words, service, timeout=30)
                except CannotRun as error:
                    said = str(error)
                lines += [f"{service}: {line}" for line in said.splitlines()]
        return "\n".join(lines)

    def execute(self, service: str, *command: str) -> str:
        """Run a command in the container of a service on the manager."""
        return self.manager.engine.docker("exec", self.manager.containers(service)[0], *command)

    def database_url(self) -> str:
        """The library's database, as the lab reaches it: as the one that owns everything."""
        password = self.execute("postgis", "cat", "/run/secrets/postgres_password").strip()
        return f"postgresql://cbm:{password}@{self.manager.host.address}:5432/cbm"

    def worker_url(self) -> str:
        """The same database as the role that the services have."""
        secret = self.execute("api-server", "cat", "/run/secrets/cbm_database_url").strip()
        return secret.replace("@postgis:", f"@{self.manager.host.address}:")

    def create_admin(self, user: str) -> str:
        """Create the first person as docs/swarm.md says; returns the password."""
        password = secrets.token_urlsafe(16)
        who = ("--username", user, "--email", f"{user}@cbm.invalid", "--password", password)
        named = ("--role", "Admin", "--firstname", "First", "--lastname", "Last")
        self.execute("api-server", "airflow", "users", "create", *who, *named)
        return password


def as_wanted(found: Mapping[str, str]) -> bool:
    """Whether all tasks run and are healthy, and the one that ends has ended well.

    A task of a lost host counts as running.
    """
    return all(
        state == "Complete" if name == _ENDS else _enough(state) for name, state in found.items()
    )


def _enough(state: str) -> bool:
    running, wanted = state.split("/")
    return int(running) >= int(wanted)


def leave(engine: Engine) -> None:
    """Remove the swarm and the containers of a run that was killed."""
    if "inactive" not in engine.docker("info", "--format", "{{.Swarm.LocalNodeState}}"):
        engine.docker("swarm", "leave", "--force", timeout=_LEAVE_S)
    engine.clear()


def settings(folder: Path, run: RunFolder, outside: str) -> dict[str, str]:
    """Write the settings file, the connections and a certificate; returns the variables to deploy.

    :param folder: for these files.
    :param run: of the simulated season, which containers see as ``/data``.
    :param outside: the address of what lies outside the swarm.
    """
    making = demo.making(Path("/data") / run.dem.name, Path("/nowhere"))
    making.pop("CBM_PLATFORMS_MADE_STORE")
    store = f"http://{outside}:{STORE_PORT}"
    platform = {
        "simulated": True,
        "catalogue_url": f"http://{outside}:{PORTS['dias']}{base(OWN)}",
        "protocol": OWN,
        "store": "files:/eodata",
    }
    table = "".join(f"{key} = {json.dumps(value)}\n" for key, value in platform.items())
    write_private(folder / "cbm.toml", f'platform = "local"\n\n[platforms.local]\n{table}')
    account = {"login": object_store.USER, "password": object_store.SECRET}
    plain = {"disable_ssl": True, "disable_tls": True, "from_email": demo.MAIL_FROM}
    connections = {
        "cbm_smtp": {"conn_type": "smtp", "host": outside, "port": PORTS["smtp"], "extra": plain},
        "cbm_logs": {"conn_type": "aws", **account, "extra": {"endpoint_url": store}},
        "cbm_store_made": {"conn_type": "cbm_store", **account},
    }
    write_private(folder / "connections.json", json.dumps(connections))
    _certificate(folder)
    return {
        "CBM_IMAGE": images.OURS,
        "CBM_HOST": HOST_NAME,
        "CBM_AIRFLOW_URL": f"https://{HOST_NAME}",
        "CBM_CONFIG": str(folder / "cbm.toml"),
        "CBM_MAIL_TO": demo.MAIL_TO,
        "CBM_LOGS": f"s3://{LOGS}",
        "CBM_MADE_STORE": f"s3://{MADE}?endpoint={store}&region=us-east-1",
        "CBM_EODATA": str(run.store),
        "CBM_DATA": str(run.season),
        "WORKER_MEMORY": "6G",
        "CBM_MARKERS_MINIMUM_LOOKS": "2",
        "CBM_RULES_FILE": f"/data/{run.rules.name}",
        "CBM_EXTRACTION_LEASE_MINUTES": "1",
        "CBM_HTTP_REQUESTS_PER_S": "50",
        **making,
    }


def _certificate(folder: Path) -> None:
    """A certificate that is its own authority, for :data:`HOST_NAME`."""
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "7"),
            *("-subj", f"/CN={HOST_NAME}", "-addext", f"subjectAltName=DNS:{HOST_NAME}"),
            *("-keyout", str(folder / "tls.key"), "-out", str(folder / "tls.crt")),
        ],
        check=True,
        capture_output=True,
    )
