"""An installation by docker-compose.yaml: its files of settings, and commands to it."""

from __future__ import annotations

import base64
import json
import secrets
from dataclasses import dataclass
from pathlib import Path

from dias_cbm_lab.demo import environment as demo
from dias_cbm_lab.demo.folder import RunFolder, write_private
from dias_cbm_lab.dias.dialects import OWN, base
from scripts.deployment import programs
from scripts.deployment.engine import Engine
from scripts.deployment.network import ADDRESS
from scripts.deployment.programs import CannotRun

PORTS = {"airflow": 8080, "dias": 8400, "smtp": 8025}
WORKERS = 2
COMPONENTS = ("api-server", "dag-processor", "scheduler", "triggerer", "worker")
_UP_S = 900


@dataclass(frozen=True, slots=True)
class Installation:
    """One project of compose on an engine.

    :param folder: with docker-compose.yaml and its files of settings.
    """

    engine: Engine
    folder: Path

    def compose(self, *arguments: str, timeout: float = _UP_S) -> str:
        """Run ``docker compose`` on it; returns what it prints.

        :raises CannotRun: it failed.
        """
        command = [programs.compose(), "--project-directory", str(self.folder), *arguments]
        return programs.call(
            command, timeout=timeout, directory=self.folder, environment=self.engine.environment
        )

    def up(self) -> None:
        """Start everything, and wait until every health check is passed."""
        scale = ("--scale", f"worker={WORKERS}")
        waits = ("--wait", "--wait-timeout", str(_UP_S))
        try:
            self.compose("up", "--detach", "--no-build", *scale, *waits, timeout=_UP_S + 120)
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


def write_settings(folder: Path, run: RunFolder) -> str:
    """Write ``.env`` and ``platforms.env`` as docs/docker.md says, for the local DIAS.

    :param run: of the simulated season, which containers see as ``/data``.
    :returns: the address of the library's database, with ``postgis`` for its host.
    """
    password = secrets.token_hex(24)
    mail = {
        "conn_type": "smtp",
        "host": ADDRESS,
        "port": PORTS["smtp"],
        "extra": {"disable_ssl": True, "disable_tls": True, "from_email": demo.MAIL_FROM},
    }
    making = demo.making(Path("/data") / run.dem.name, Path("/nowhere"))
    making.pop("CBM_PLATFORMS_MADE_STORE")
    variables = {
        "POSTGRES_PASSWORD": password,
        "REDIS_PASSWORD": secrets.token_hex(24),
        "AIRFLOW_JWT_SECRET": secrets.token_hex(32),
        "AIRFLOW_API_SECRET_KEY": secrets.token_hex(32),
        "AIRFLOW_FERNET_KEY": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "AIRFLOW_CONN_CBM_SMTP": json.dumps(mail),
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
    platform = {
        "CBM_PLATFORMS_LOCAL_SIMULATED": "true",
        "CBM_PLATFORMS_LOCAL_CATALOGUE_URL": f"http://{ADDRESS}:{PORTS['dias']}{base(OWN)}",
        "CBM_PLATFORMS_LOCAL_PROTOCOL": OWN,
        "CBM_PLATFORMS_LOCAL_STORE": "files:/eodata",
    }
    for name, values in ((".env", variables), ("platforms.env", platform)):
        write_private(folder / name, "".join(f"{key}={value}\n" for key, value in values.items()))
    return f"postgresql://cbm:{password}@postgis:5432/cbm"
