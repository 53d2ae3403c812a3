"""Secrets that are not in the environment itself, but in a file or the output of a command.

``CBM_DATABASE_URL_FILE`` names a file, e.g. a secret of Docker or Kubernetes, and
``CBM_DATABASE_URL_CMD`` a command, e.g. a client of a vault; so does every secret setting. Neither
the value nor what a failing command says is ever shown.
"""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path

from dias_cbm.errors import SettingsError
from dias_cbm.small_file import small_file, stamp

FILE, COMMAND = "_FILE", "_CMD"
_LARGEST = 64 << 10
_PATIENCE_S = 30


def base_of(name: str, secrets: Collection[str]) -> str | None:
    """The variable that another one stands for by its suffix; None for any other name.

    :param secrets: the variables that have such others.
    """
    for suffix in (FILE, COMMAND):
        base = name.removesuffix(suffix)
        if base != name and base in secrets:
            return base
    return None


def secret(base: str, environ: Mapping[str, str]) -> str | None:
    """The value of a variable: its own, or that of its file or command; None without any.

    :raises SettingsError: more than one of them is set, or the value cannot be read.
    """
    given = [name for name in (base, base + FILE, base + COMMAND) if environ.get(name)]
    if len(given) > 1:
        raise SettingsError(f"is set, and so is {given[1]}", subject=given[0], hint="set one")
    if not given:
        return environ.get(base)
    (name,) = given
    if name == base:
        return environ[base]
    value = _in_file(name, environ[name]) if name.endswith(FILE) else _said(name, environ[name])
    if not value:
        raise SettingsError("brings an empty value", subject=name)
    return value


def of_environment(base: str) -> str:
    """The value of a variable of this process that is not a setting; empty without one.

    :raises SettingsError: as :func:`secret`.
    """
    return secret(base, os.environ) or ""


def stamps(environ: Mapping[str, str]) -> tuple[object, ...]:
    """A value that changes when one of the files that are named does."""
    return tuple(
        (name, stamp(Path(environ[name]))) for name in sorted(environ) if name.endswith(FILE)
    )


def _in_file(name: str, path: str) -> str:
    try:
        return small_file(Path(path).expanduser(), _LARGEST).decode().rstrip("\r\n")
    except (OSError, ValueError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or "is not a text file"
        raise SettingsError(f"{path} cannot be read: {reason}", subject=name) from None


@cache
def _said(name: str, command: str) -> str:
    """The output of a command, which is run once a process."""
    try:
        done = subprocess.run(
            shlex.split(command),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PATIENCE_S,
            check=False,
        )
        if done.returncode == 0:
            return done.stdout.decode().rstrip("\r\n")
        problem = f"ends with exit code {done.returncode}"
    except subprocess.TimeoutExpired:
        problem = f"does not end within {_PATIENCE_S} s"
    except OSError as error:
        problem = f"cannot be run: {error.strerror or 'no such command'}"
    except (ValueError, IndexError):
        problem = "is not a command, or brings no text"
    raise SettingsError(f"the command {problem}", subject=name)
