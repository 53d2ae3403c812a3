"""A search for secrets where they must not be: in logs, environments and layers of images."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from dias_cbm_lab.demo.check import Check
from scripts.deployment import images
from scripts.deployment.engine import Engine
from scripts.deployment.installation import OF_NOBODY, Installation
from scripts.deployment.programs import surroundings

#: Shorter ones are words that stand everywhere.
_SHORTEST = 12


def secrets_of(folder: Path) -> set[str]:
    """Every secret of an installation: whole files, and passwords within addresses."""
    found = {OF_NOBODY}
    for file in (folder / "secrets").iterdir():
        text = file.read_text().strip()
        if file.suffix != ".json":
            found |= {text, *re.findall(r"://[^:/@]*:([^@]+)@", text)}
    return {one for one in found if len(one) >= _SHORTEST}


def in_containers(installation: Installation, more: Iterable[str] = ()) -> Iterator[Check]:
    """Look into what every container has printed, and into what the engine tells of it.

    :param more: secrets that are in no file, such as passwords of persons.
    """
    engine, known = installation.engine, secrets_of(installation.folder) | set(more)
    listed = engine.docker("ps", "--all", "--quiet").split()
    places = {"logs of containers": "", "environments of containers": ""}
    for container in listed:
        places["logs of containers"] += _logs(engine, container)
        places["environments of containers"] += engine.docker("inspect", container)
    for place, text in places.items():
        yield _found(f"secrets in the {place}", {one for one in known if one in text}, len(text))


def in_image(engine: Engine, folder: Path) -> Iterator[Check]:
    """Look into every layer of our image, and into how it was built."""
    known = secrets_of(folder)
    told = engine.docker("history", "--no-trunc", images.OURS)
    told += json.dumps(engine.docker("image", "inspect", images.OURS))
    yield _found("secrets in the history of the image", {o for o in known if o in told}, len(told))
    environment = {**surroundings(), **engine.environment, "LC_ALL": "C"}
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as patterns:
        patterns.write("\n".join(sorted(known)))
        patterns.flush()
        # The layers are in it as they are, not compressed. grep ends with 1 if it finds nothing.
        search = f"set -o pipefail; docker save {images.OURS} | tee >(wc -c >&2) | "
        search += f"grep --text --count --fixed-strings --file {patterns.name}"
        done = subprocess.run(
            ["bash", "-c", search], env=environment, capture_output=True, text=True, check=False
        )
    lines = done.stdout.strip()
    searched = int(done.stderr.split()[0]) if done.stderr.split() else 0
    ok = lines == "0" and searched > 1e8
    yield Check(
        "secrets in the layers of the image", "0 lines", f"{lines} of {searched:,} bytes", ok
    )


def _logs(engine: Engine, container: str) -> str:
    done = subprocess.run(
        ["docker", "logs", container],
        env={**surroundings(), **engine.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    return done.stdout.decode(errors="replace")


def _found(name: str, found: set[str], searched: int) -> Check:
    # Not the secrets themselves.
    return Check(name, "0", f"{len(found)} in {searched:,} characters", not found and searched > 0)
