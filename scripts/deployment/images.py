"""The images of the deployment: those that are pulled are stood in for, ours is built unchanged.

No registry is asked. Debian's packages give Python, PostgreSQL with PostGIS, Redis and nginx under
the names that docker-compose.yaml and docker-stack.yaml have for them.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from scripts.deployment.engine import Engine
from scripts.deployment.programs import ROOT, CannotRun, call, surroundings

OURS, PYTHON = "cbm:0.1.0", "python:3.11.11-slim-bookworm"
SERVICES = ("postgis/postgis:15-3.5", "redis:7.4.2-bookworm")
PROXY = "nginx:1.28.0-bookworm"
_SUITE = "bookworm"
_CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
_INCLUDED = "ca-certificates,netbase,python3,python3-distutils,python3.11-venv,tzdata"
_STAND_IN = Path(__file__).with_name("stand_in")


def make(engine: Engine, project: Path, revision: str, *, proxy: bool = False) -> None:
    """Make all images; what was made before is used again, as Docker sees fit.

    :param engine: one in the machine's own network, to fetch packages.
    :param project: what is built.
    :param proxy: the one of the proxy too.
    :raises CannotRun: an image cannot be made.
    """
    if not engine.image_id(PYTHON):
        _make_base(engine)
    network = ("--network", "host")
    for target, names in {"services": SERVICES, **({"proxy": (PROXY,)} if proxy else {})}.items():
        tags = [word for name in names for word in ("--tag", name)]
        stage = ("--target", target)
        engine.docker("build", "--quiet", *network, *stage, *tags, str(_STAND_IN))
    engine.docker(
        *("build", "--quiet", *network, "--build-arg", f"REVISION={revision}"),
        *("--tag", OURS, str(project)),
    )


def save(engine: Engine, names: Sequence[str], file: Path) -> None:
    """Write images into a file, unless it holds these already."""
    made = {name: engine.image_id(name) for name in names}
    stamp = file.with_suffix(".json")
    if stamp.exists() and json.loads(stamp.read_text()) == made:
        return
    stamp.unlink(missing_ok=True)
    file.parent.mkdir(parents=True, exist_ok=True)
    engine.docker("save", "--output", str(file), *names)
    stamp.write_text(json.dumps(made))


def load(engine: Engine, file: Path) -> None:
    """Bring the images of a file of :func:`save` to an engine that lacks them."""
    made = json.loads(file.with_suffix(".json").read_text())
    if any(engine.image_id(name) != found for name, found in made.items()):
        engine.docker("load", "--quiet", "--input", str(file))
        # Those that bore the same names.
        engine.docker("image", "prune", "--force")


def size_mb(engine: Engine, image: str = OURS) -> int:
    """The size of an image in megabytes."""
    return int(engine.docker("image", "inspect", "--format", "{{.Size}}", image)) // 1_000_000


def _make_base(engine: Engine) -> None:
    """A Debian with Python, from packages alone."""
    root = engine.folder / "base"
    shutil.rmtree(root, ignore_errors=True)
    call(
        ["debootstrap", "--variant=minbase", f"--include={_INCLUDED}", _SUITE, str(root), _mirror()]
    )
    (root / "usr/local/bin/python").symlink_to("/usr/bin/python3.11")
    shutil.rmtree(root / "var/cache/apt/archives")
    # As in Docker's own images of Debian: apt keeps no lists in binary form.
    caches = 'Dir::Cache::pkgcache "";\nDir::Cache::srcpkgcache "";\n'
    (root / "etc/apt/apt.conf.d/docker-clean").write_text(caches)
    # Behind a proxy that signs anew, this machine's certificates are the ones to trust.
    shutil.copy(_CERTIFICATES, root / _CERTIFICATES[1:])
    trusting = "ENV PATH=/usr/local/bin:/usr/bin:/usr/sbin:/bin:/sbin" + "".join(
        f" {name}={_CERTIFICATES}" for name in ("PIP_CERT", "NODE_EXTRA_CA_CERTS")
    )
    archive = subprocess.Popen(
        ["tar", "--create", "--one-file-system", "--directory", str(root), "."],
        stdout=subprocess.PIPE,
    )
    done = subprocess.run(
        ["docker", "import", "--change", trusting, "-", PYTHON],
        stdin=archive.stdout,
        env={**surroundings(), **engine.environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if archive.wait() or done.returncode:
        raise CannotRun(f"the base image cannot be imported: {done.stderr.strip()}")
    shutil.rmtree(root)


def _mirror() -> str:
    """The mirror of Debian that this machine uses."""
    form = "$(CODENAME) $(COMPONENT) $(REPO_URI)"
    for line in call(["apt-get", "indextargets", "--format", form]).splitlines():
        suite, component, address = line.split(maxsplit=2)
        if (suite, component) == (_SUITE, "main"):
            return address
    raise CannotRun(f"apt has no sources of Debian {_SUITE} on this machine")


def revision() -> str:
    """The commit of the checkout, with a plus if it has changed since."""
    head = call(["git", "rev-parse", "HEAD"]).strip()
    return head + ("+" if call(["git", "status", "--porcelain"]).strip() else "")


def copy_project(target: Path) -> None:
    """Copy the checkout's files as a fresh clone has them, and what is not committed yet."""
    shutil.rmtree(target, ignore_errors=True)
    listed = call(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"])
    for name in filter(None, listed.split("\0")):
        source, copy = ROOT / name, target / name
        if source.is_symlink() or source.is_file():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, copy, follow_symlinks=False)
