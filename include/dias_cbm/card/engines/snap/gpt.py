"""SNAP's command line ``gpt``: find it, ask for its operators, run a graph."""

from __future__ import annotations

import configparser
import importlib.util
import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from dias_cbm.card.engines.external_program import run_program
from dias_cbm.config.settings import settings
from dias_cbm.errors import CardFailed
from dias_cbm.products.provenance import Progress

#: ``....10%....20%`` and so on, on one line.
_SHARE = re.compile(r"(\d{1,3})%")
_PARAMETER = re.compile(r"^\s+-P(\w+)=", re.MULTILINE)
_VERSION = re.compile(r"SNAP (?:Release )?version:?\s*(\S+)|^\s*SNAP\s+(\d+[\w.]*)", re.MULTILINE)
_HELP_S = 300

HOW_TO_GET_IT = "install SNAP with the Microwave Toolbox from step.esa.int, and set CBM_SNAP_GPT"


def find_gpt() -> Path | None:
    """The program, from the setting ``snap.gpt``, the PATH, SNAP_HOME or esa_snappy."""
    if given := settings().snap.gpt:
        return Path(given).expanduser()
    if found := shutil.which("gpt"):
        return Path(found)
    homes = [os.environ.get("SNAP_HOME"), _home_of_snappy()]
    candidates = [Path(home) / "bin" / "gpt" for home in homes if home]
    return next((path for path in candidates if path.is_file()), None)


def _home_of_snappy() -> str | None:
    """SNAP's folder in the configuration of esa_snappy; importing that would start Java."""
    package = importlib.util.find_spec("esa_snappy")
    if package is None or package.origin is None:
        return None
    content = configparser.ConfigParser(interpolation=None)
    try:
        content.read(Path(package.origin).with_name("esa_snappy.ini"))
        return content.get("DEFAULT", "snap_home", fallback=None)
    except configparser.Error:
        return None


@dataclass(slots=True)
class Gpt:
    """The installed SNAP.

    :param program: ``gpt``.
    """

    program: Path
    _parameters: dict[str, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def installed(cls) -> Gpt:
        """The SNAP that :func:`find_gpt` finds.

        :raises CardFailed: it finds none.
        """
        program = find_gpt()
        if program is None or not program.is_file():
            raise CardFailed("SNAP is not installed", subject=program, hint=HOW_TO_GET_IT)
        return cls(program)

    def version(self) -> str | None:
        """The version that SNAP reports."""
        match = _VERSION.search(self._ask("--diag"))
        return next(filter(None, match.groups()), None) if match else None

    def parameters(self, operator: str) -> frozenset[str]:
        """Names of an operator's parameters, as this version lists them.

        :raises CardFailed: there is no such operator.
        """
        if operator not in self._parameters:
            self._parameters[operator] = frozenset(_PARAMETER.findall(self._ask(operator, "-h")))
        return self._parameters[operator]

    def run(self, graph: Path, scratch: Path, progress: Progress | None = None) -> None:
        """Run a graph.

        :param scratch: for its temporary files.
        :raises CardFailed: it failed.
        """
        current = settings().snap
        memory = max(1, round(current.memory_gb))
        run_program(
            [
                self.program,
                graph,
                "-e",  # the trace of an error
                "-x",  # drop rows once they are written
                "-c",
                f"{max(1, memory * 2 // 3)}G",
                "-q",
                str(current.threads),
                f"-J-Xmx{memory}G",
                f"-J-Djava.io.tmpdir={scratch}",
            ],
            share=_SHARE,
            progress=progress,
            folder=scratch,
        )

    def _ask(self, *arguments: str) -> str:
        try:
            done = subprocess.run(
                [self.program, *arguments],
                capture_output=True,
                text=True,
                errors="replace",
                timeout=_HELP_S,
                check=False,
                stdin=subprocess.DEVNULL,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise CardFailed(f"cannot be run: {error}", subject=self.program) from error
        if done.returncode:
            output = (done.stderr or done.stdout).strip()[-300:]
            raise CardFailed(f"{' '.join(arguments)}: {output}", subject=self.program)
        return done.stdout + done.stderr
