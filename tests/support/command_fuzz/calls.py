"""One call of ``cbm`` in this process, and what must hold for every call."""

from __future__ import annotations

import io
import os
import re
import sys
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dias_cbm import cli
from dias_cbm.cli import failures

#: Secrets that are set in the environment of every call, and that no output may hold.
SECRETS = ("hushhush", "s3cr3tkey")

#: Exit codes that docs/commands.md has for a command that was given nonsense.
DOCUMENTED = (failures.DONE, failures.FAILED, failures.MISUSED)

#: The most lines on standard error when a command fails: warnings, and the one message.
MOST_LINES = 12


@dataclass(frozen=True)
class Call:
    """What a call did.

    :param left: files below the watched folder after it that were not there before.
    """

    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    code: int
    out: str
    err: str
    seconds: float
    left: frozenset[Path]


def call(arguments: Sequence[str], environment: Mapping[str, str], watched: Path) -> Call:
    """Call ``cbm`` with these arguments, in an environment without other ``CBM_`` variables.

    :param watched: folder that output goes to.
    """
    before = frozenset(watched.rglob("*"))
    out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.TextIOWrapper(io.BytesIO(), "utf-8")
    out.reconfigure(errors="backslashreplace")
    err.reconfigure(errors="backslashreplace")
    # `cbm demo stop` would otherwise stop what runs in this checkout.
    chosen = {"CBM_RUN_FOLDER": str(watched / "run"), **environment}
    started = time.monotonic()
    with _environment(chosen), _streams(out, err), warnings.catch_warnings():
        warnings.simplefilter("default")
        code = cli.main(arguments)
    seconds = time.monotonic() - started
    texts = [_text(stream) for stream in (out, err)]
    left = frozenset(watched.rglob("*")) - before
    return Call(tuple(arguments), environment, code, texts[0], texts[1], seconds, left)


def complaints(done: Call, *, most_seconds: float) -> list[str]:
    """What is wrong with how a call ended."""
    found = []
    printed = done.out + done.err
    if done.code not in DOCUMENTED:
        found.append(f"exit code {done.code}")
    if "Traceback (most recent" in printed:
        found.append("a traceback")
    found += [f"the secret {secret}" for secret in SECRETS if secret in printed]
    found += [f"{file} is half written" for file in done.left if ".part" in file.name]
    if done.seconds > most_seconds:
        found.append(f"took {done.seconds:.1f} s")
    if done.code:
        found += _complaints_of_failure(done)
    return found


def _complaints_of_failure(done: Call) -> list[str]:
    found = []
    lines = done.err.strip().splitlines()
    if len(lines) > MOST_LINES:
        found.append(f"{len(lines)} lines on standard error")
    if not done.out.strip() and not lines:
        found.append("no message")
    elif lines and done.code == failures.FAILED and lines[-1].startswith("error: "):
        if not _names_what_was_given(lines[-1], done):
            found.append("the message names nothing that was given")
    elif (
        done.code == failures.FAILED and not done.out.strip() and not lines[-1].endswith("Aborted!")
    ):
        found.append("no line that begins with 'error: '")
    return found


def _names_what_was_given(message: str, done: Call) -> bool:
    """Whether it has an argument, its name, an option, a setting, or a service in it."""
    given = [*done.arguments, *done.environment, *done.environment.values()]
    given += [part for text in done.arguments for part in (Path(text).name, Path(text).stem)]
    given += [text.removeprefix("--").replace("-", "_") for text in done.arguments]
    # Python reads 1_000 as a number, which messages write as 1000.
    given += [digits for text in given if (digits := text.replace("_", "")).isdecimal()]
    given = [failures.printable(text) for text in given]
    settings = [name.removeprefix("CBM_").lower() for name in done.environment]
    given += [name.replace("_", ".", 1) for name in settings]
    services = ("database", "catalogue", "airflow", "127.0.0.1", "cbm.toml")
    if not all(text.strip() for text in done.arguments):
        return True
    # A file in a folder that was given: that may be no more than a slash.
    folders = [text.rstrip("/") for text in done.arguments if text.startswith("/")]
    if any(re.search(rf"(?<!\S){re.escape(folder)}/", message) for folder in folders):
        return True
    message, given = message.lower(), [text.lower() for text in given]
    return any(
        one in message if len(one) > 2 else re.search(rf"(?<!\w){re.escape(one)}(?!\w)", message)
        for one in [*given, *services]
        if one
    )


@contextmanager
def _environment(chosen: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    for name in before:
        if name.startswith("CBM_"):
            del os.environ[name]
    os.environ.update(chosen)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def _streams(out: io.TextIOWrapper, err: io.TextIOWrapper) -> Iterator[None]:
    before = sys.stdin, sys.stdout, sys.stderr
    sys.stdin, sys.stdout, sys.stderr = io.TextIOWrapper(io.BytesIO()), out, err
    try:
        yield
    finally:
        sys.stdin, sys.stdout, sys.stderr = before


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    binary = stream.detach()
    assert isinstance(binary, io.BytesIO)
    return binary.getvalue().decode("utf-8", "replace")
