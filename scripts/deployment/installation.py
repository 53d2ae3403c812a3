"""An installation by docker-compose.yaml: its files of settings, and commands to it."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dias_cbm_lab.demo import environment as demo
from dias_cbm_lab.demo.folder import RunFolder, write_private
from dias_cbm_lab.dias import object_store
from dias_cbm_lab.dias.dialects import OWN, base
from scripts.deployment import programs
from scripts.deployment.engine import Engine
from scripts.deployment.network import ADDRESS
from scripts.deployment.programs import CannotRun

PORTS = {"airflow": 8080, "dias": 8400, "smtp": 8025}
WORKERS = 2
#: The bucket of products made here, and the port of the object store that has it.
MADE, STORE_PORT = "cbm-made", 18080
COMPONENTS = ("api-server", "dag-processor", "scheduler", "triggerer", "worker")
#: The password of a connection that nothing uses.
OF_NOBODY = secrets.token_hex(24)
_UP_S = 900


@dataclass(frozen=True, slots=True)
class Installation:
    """One project of compose on an engine.

    :param folder: with docker-compose.yaml and its files of settings.
    :param overlays: files laid over it.
    :param variables: more than those of ``.env``.
    """

    engine: Engine
    folder: Path
    overlays: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)

    def compose(self, *arguments: str, timeout: float = _UP_S) -> str:
        """Run ``docker compose`` on it; returns what it prints.

        :raises CannotRun: it failed.
        """
        files = [word for name in ("docker-compose.yaml", *self.overlays) for word in ("-f", name)]
        command = [programs.compose(), "--project-directory", str(self.folder), *files, *arguments]
        environment = {**self.variables, **self.engine.environment}
        return programs.call(
            command, timeout=timeout, directory=self.folder, environment=environment
        )

    def up(self, *services: str) -> None:
        """Start services and what they need, and wait until every health check is passed.

        :param services: default: all, with two workers.
        """
        scale = () if services else ("--scale", f"worker={WORKERS}")
        waits = ("--wait", "--wait-timeout", str(_UP_S))
        try:
            self.compose(
                *("up", "--detach", "--no-build", *scale, *waits, *services), timeout=_UP_S + 120
            )
        except CannotRun as error:
            states, said = self.compose("ps", "--all"), self.compose("logs", "--tail", "15")
            raise CannotRun(f"{error}\n{states}\n{said}") from error

    def containers(self, service: str = "") -> list[str]:
        """Ids of the containers that run."""
        return self.compose("ps", "--quiet", *([service] if service else [])).split()

    def inspect(self, container: str, form: str) -> str:
        """What the engine says of a container."""
        return self.engine.docker("inspect", "--format", form, container).strip()

    def address(self, service: str) -> str:
        """The address of a service in its network."""
        form = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
        return self.inspect(self.containers(service)[0], form)

    def passwords(self) -> str:
        """The logins of Airflow, as JSON."""
        return self.compose("exec", "-T", "api-server", "cat", "/opt/airflow/login/passwords.json")


def write_settings(folder: Path, run: RunFolder) -> None:
    """Write ``.env``, ``platforms.env`` and the secrets as docs/docker.md says, for the local DIAS.

    :param run: of the simulated season, which containers see as ``/data``.
    """
    making = demo.making(Path("/data") / run.dem.name, Path("/nowhere"))
    making.pop("CBM_PLATFORMS_MADE_STORE")
    variables = {
        "CBM_MAIL_TO": demo.MAIL_TO,
        "CBM_EODATA": str(run.store),
        "CBM_DATA": str(run.season),
        "CBM_PLATFORM": "local",
        "CBM_MARKERS_MINIMUM_LOOKS": "2",
        "CBM_RULES_FILE": f"/data/{run.rules.name}",
        "CBM_EXTRACTION_LEASE_MINUTES": "1",
        "CBM_HTTP_REQUESTS_PER_S": "50",
        **making,
    }
    store = f"http://{ADDRESS}:{STORE_PORT}"
    platform = {
        "CBM_PLATFORMS_LOCAL_SIMULATED": "true",
        "CBM_PLATFORMS_LOCAL_CATALOGUE_URL": f"http://{ADDRESS}:{PORTS['dias']}{base(OWN)}",
        "CBM_PLATFORMS_LOCAL_PROTOCOL": OWN,
        "CBM_PLATFORMS_LOCAL_STORE": "files:/eodata",
        "CBM_PLATFORMS_MADE_STORE": f"s3://{MADE}?endpoint={store}&region=us-east-1",
    }
    for name, values in ((".env", variables), ("platforms.env", platform)):
        write_private(folder / name, "".join(f"{key}={value}\n" for key, value in values.items()))
    _write_secrets(folder)


def _write_secrets(folder: Path) -> None:
    plain = {"disable_ssl": True, "disable_tls": True, "from_email": demo.MAIL_FROM}
    account = {"login": object_store.USER, "password": object_store.SECRET}
    connections = {
        "cbm_smtp": {"conn_type": "smtp", "host": ADDRESS, "port": PORTS["smtp"], "extra": plain},
        "cbm_store_made": {"conn_type": "cbm_store", **account},
        # Of nobody: to be looked for where it must not be.
        "cbm_store_other": {"conn_type": "cbm_store", "login": "x", "password": OF_NOBODY},
    }
    file = folder.parent / "connections.json"
    write_private(file, json.dumps(connections))
    script = str(folder / "deploy" / "secrets.sh")
    programs.call([script, "--folder", str(folder / "secrets"), str(file)], directory=folder)


def secret(folder: Path, name: str) -> str:
    """A secret of an installation."""
    return (folder / "secrets" / name).read_text()


def database_url(folder: Path, name: str, address: str) -> str:
    """An address of the database, as seen from outside.

    :param name: of the secret.
    :param address: of the container.
    """
    return secret(folder, name).replace("@postgis:", f"@{address}:")
