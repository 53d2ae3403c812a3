"""Checks of the running containers and of the image alone."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from dias_cbm_lab.demo.check import Check, equal
from scripts.deployment import images
from scripts.deployment.engine import Engine
from scripts.deployment.installation import COMPONENTS, Installation
from scripts.deployment.programs import CannotRun

#: CPU seconds of the first extraction in a new container, and of one health check.
EXTRACTION_S, HEALTH_S = 4.0, 0.5
#: A user that no image knows, with the group that OpenShift gives it.
ANY_USER = "1000650000:0"
#: As docker-compose.yaml confines a container.
_CONFINED = (
    *("--rm", "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"),
    *("--network", "none", "--tmpfs", "/tmp", "--tmpfs", "/home/cbm"),  # noqa: S108
)
_MOUNTS = (
    *("/opt/airflow/login", "/opt/airflow/logs", "/var/lib/cbm/chips", "/var/lib/cbm/made"),
    *("/var/lib/cbm/products", "/var/lib/cbm/scratch"),
)
_SECONDS = re.compile(r"(\d+)m([\d.]+)s (\d+)m([\d.]+)s")


def of_image(engine: Engine, season: Path) -> Iterator[Check]:
    """The image without compose: labels, its first extraction, and any user.

    :param season: a simulated season, for parcels and a product.
    """
    labels = json.loads(
        engine.docker("image", "inspect", "--format", "{{json .Config.Labels}}", images.OURS)
    )
    named = {key.rpartition(".")[2]: value for key, value in labels.items()}
    told = f"{named.get('version')} of {named.get('revision')}"
    known = "unknown" not in told and "None" not in told
    yield Check("labels: version and revision", "both", told, known)
    yield Check("size of the image", "any", f"{images.size_mb(engine)} MB", ok=True)
    product = next(season.glob("eodata/**/CARD-BS/**/*.tif"), None) or next(
        season.glob("eodata/**/*.tif")
    )
    script = (
        "cbm extract /data/parcels.gpkg"
        f" /data/{product.relative_to(season)} --id-column pid --out /tmp/out.csv >/dev/null"
        " && wc -l </tmp/out.csv && times"
    )
    for user, who in (("50000", "its own user"), (ANY_USER, "any user of group 0")):
        try:
            said = engine.docker(
                *("run", *_CONFINED, "--user", user, "--volume", f"{season}:/data:ro"),
                *(images.OURS, "bash", "-c", script),
            )
        except CannotRun as error:
            yield Check(f"first extraction, as {who}", "done", str(error), ok=False)
            continue
        seconds = _cpu(said)
        yield Check(
            f"CPU seconds of a new container's first extraction, as {who}",
            f"below {EXTRACTION_S}",
            f"{seconds:.1f} for {int(said.split()[0]) - 1} records",
            seconds < EXTRACTION_S,
        )
    writes = " && ".join(f"touch {folder}/tried" for folder in _MOUNTS)
    volumes = [word for folder in _MOUNTS for word in ("--volume", folder)]
    for user in ("50000", ANY_USER):
        try:
            engine.docker(
                "run", *_CONFINED, "--user", user, *volumes, images.OURS, "sh", "-c", writes
            )
            found = "written"
        except CannotRun as error:
            found = str(error)
        yield equal(f"mount points, as user {user}", "written", found)


def of_containers(installation: Installation) -> Iterator[Check]:
    """What compose has started: health, what the processes may do, and what their checks cost."""
    engine = installation.engine
    for container in installation.containers():
        form = "{{.Name}} {{.State.Health.Status}} {{.HostConfig.ReadonlyRootfs}} {{.RestartCount}}"
        name, *state = installation.inspect(container, form).split()
        yield equal(f"{name}: health, read-only root, restarts", ["healthy", "true", "0"], state)
        status = engine.docker("exec", container, "cat", "/proc/1/status")
        may = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
        found = {key: int(may[key], 16) for key in ("CapEff", "CapBnd", "NoNewPrivs")}
        yield equal(
            f"{name}: capabilities, new privileges barred",
            {"CapEff": 0, "CapBnd": 0, "NoNewPrivs": 1},
            found,
        )
    for service in COMPONENTS:
        yield _health_costs(installation, service)


def _health_costs(installation: Installation, service: str) -> Check:
    container = installation.containers(service)[0]
    test = json.loads(installation.inspect(container, "{{json .Config.Healthcheck.Test}}"))
    command = test[1] if test[0] == "CMD-SHELL" else " ".join(test[1:])
    said = installation.engine.docker("exec", container, "bash", "-c", f"{command}; times")
    seconds = _cpu(said)
    name = f"{service}: CPU seconds of a health check"
    return Check(name, f"below {HEALTH_S}", f"{seconds:.2f}", seconds < HEALTH_S)


def _cpu(said: str) -> float:
    """CPU seconds of what a shell has run, from the last line of its ``times``."""
    found = _SECONDS.findall(said)[-1]
    minutes, seconds = (int(found[0]) + int(found[2])), (float(found[1]) + float(found[3]))
    return 60 * minutes + seconds
