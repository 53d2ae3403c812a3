"""Writes the list of commands in docs/commands.md, and the old spellings in docs/upgrading.md.

Both are generated from the command itself; tests/unit/test_command_reference.py checks that they
are up to date. Run: ``.venv/bin/python scripts/command_reference.py``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any, get_args

import typer

from dias_cbm.cli import build
from dias_cbm.cli.moved import MOVED

DOCS = Path(__file__).resolve().parents[1] / "docs"
START = "<!-- written by scripts/command_reference.py, from here -->\n"
END = "<!-- to here -->\n"

#: Commands that must have an option for it to be explained once, for all of them.
SHARED = 3


def walk(command: Any, *words: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every group and command below one, with its words after ``cbm``, parents first."""
    for name, one in command.commands.items():
        yield (*words, name), one
        if hasattr(one, "commands"):
            yield from walk(one, *words, name)


def is_argument(parameter: Any) -> bool:
    """Whether it is an argument, not an option."""
    return parameter.param_type_name == "argument"


def kind(parameter: Any) -> Any:
    """The parser or type that converts the typed text; for a list, that of its items."""
    annotation = parameter.type_descriptor.annotation
    items = get_args(annotation) if parameter.multiple or parameter.nargs == -1 else ()
    return parameter.type_descriptor.parameter_info.parser or (items[0] if items else annotation)


def value(parameter: Any) -> str:
    """The placeholder after an option or for an argument; empty for a switch."""
    if getattr(parameter, "is_flag", False):
        return ""
    if parameter.metavar:
        return parameter.metavar
    type_ = kind(parameter)
    if issubclass(type_, Enum):
        return "|".join(one.value for one in type_)
    return {Path: "PATH", str: "TEXT", int: "NUMBER", float: "NUMBER"}[type_]


def spelling(parameter: Any) -> str:
    """A parameter as the user types it."""
    more = "..." if parameter.multiple or parameter.nargs == -1 else ""
    if is_argument(parameter):
        return value(parameter) + more
    names = "/".join([*parameter.opts, *parameter.secondary_opts])
    return f"{names} {value(parameter)}".rstrip() + more


def usage(words: tuple[str, ...], command: Any) -> str:
    """One line: arguments, options that must be given, options that may be."""
    order = sorted(command.params, key=lambda one: not is_argument(one) and 2 - one.required)
    shown = [spelling(one) if one.required else f"[{spelling(one)}]" for one in order]
    return " ".join(["cbm", *words, *shown])


def commands_page() -> str:
    """The page of all commands; options that many of them share come first."""
    found = list(walk(typer.main.get_command(build())))
    verbs = [one for _, one in found if not hasattr(one, "commands")]
    number = Counter((spelling(one), one.help) for verb in verbs for one in verb.params)
    shared = {key for key, times in number.items() if times >= SHARED}
    lines = ["| | |", "|---|---|"]
    lines += [f"| `{name.replace('|', chr(92) + '|')}` | {text} |" for name, text in sorted(shared)]
    for words, one in found:
        title = "##" if len(words) == 1 else "###"
        lines += ["", f"{title} cbm {' '.join(words)}", ""]
        if hasattr(one, "commands"):
            lines.append(one.help)
            continue
        lines += [*_wrapped(usage(words, one)), "", one.help]
        options = [(spelling(parameter), parameter.help) for parameter in one.params]
        own = [f"- `{name}`: {text}" for name, text in options if (name, text) not in shared]
        lines += ["", *own] if own else []
    return "\n".join(lines) + "\n"


def _wrapped(line: str) -> list[str]:
    """A usage line as a block of code, broken before options."""
    rows = [""]
    for part in line.replace(" [--", "\0[--").replace(" --", "\0--").split("\0"):
        if rows[-1] and len(rows[-1]) + len(part) > 95:
            rows.append("   ")
        rows[-1] = f"{rows[-1]} {part}" if rows[-1] else part
    return ["```", *rows, "```"]


def upgrading_table() -> str:
    """Old spellings and new ones."""
    rows = [f"| `{one.old}` | `{one.new}` |" for one in MOVED]
    return "\n".join(["| before | now |", "|---|---|", *rows]) + "\n"


def updated(page: Path, text: str) -> str:
    """A page with a text between its marks."""
    before, _, rest = page.read_text().partition(START)
    _, _, after = rest.partition(END)
    return f"{before}{START}{text}{END}{after}"


PAGES = {"commands.md": commands_page, "upgrading.md": upgrading_table}


if __name__ == "__main__":
    for name, text in PAGES.items():
        (DOCS / name).write_text(updated(DOCS / name, text()))
