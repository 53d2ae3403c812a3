"""The reference of the settings: a commented file, and tables for the documentation."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from itertools import groupby
from typing import Any, get_origin

from dias_cbm.config.names import OTHER_VARIABLES
from dias_cbm.config.platforms import Platform
from dias_cbm.config.schema import Entry, entries, platform_entries, tables
from dias_cbm.config.settings import Settings

#: Platforms in the example; the first one with every setting.
_SHOWN = ("cdse", "creodias", "mundi", "wekeo", "made", "local")


def toml_file(
    introduction: str,
    chosen: Mapping[str, Any] | None = None,
    platforms: Sequence[str] = _SHOWN,
) -> str:
    """A settings file with the chosen values, and every other setting as a comment.

    :param introduction: its first lines, without ``#``.
    :param chosen: name -> value, e.g. ``{"http.timeout_s": 30.0}``.
    :param platforms: platforms to list; the first one in full.
    """
    chosen = chosen or {}
    lines = [f"# {line}".rstrip() for line in introduction.splitlines()]
    for table, group in groupby(_listed(platforms), key=lambda entry: entry.table):
        lines += ["", f"[{table}]"] if table else []
        # The settings of a platform are explained once.
        known = table.startswith("platforms.") and table != f"platforms.{platforms[0]}"
        for entry in group:
            lines += [] if table else [""]
            lines += [] if known else [f"# {_explained(entry)}"]
            lines.append(_line(entry, chosen))
    return "\n".join(lines) + "\n"


def variables() -> list[str]:
    """The environment variables of all settings except those of platforms, sorted."""
    return sorted(entry.variable for entry in entries(Settings))


def markdown() -> str:
    """Every setting, in one Markdown table for each table of the file."""
    parts = []
    for table, cls in tables(Settings).items():
        title = f"[{table}]" if table else "Outside a table"
        about = "Platforms." if not table else (cls.__doc__ or "").partition("\n")[0]
        rows = [entry for entry in entries(Settings) if entry.table == table]
        parts.append(f"### {title}\n\n{about}\n\n{_markdown_table(rows)}")
    about = (Platform.__doc__ or "").partition("\n")[0]
    rows = [Entry("platforms.NAME", f.name, None, f.default, f.metadata) for f in fields(Platform)]
    parts.append(f"### [platforms.NAME]\n\n{about}\n\n{_markdown_table(rows)}")
    others = "\n".join(f"| `{name}` | {what} |" for name, what in OTHER_VARIABLES.items())
    parts.append(f"### Other variables\n\n| variable | meaning |\n| --- | --- |\n{others}")
    return "\n\n".join(parts) + "\n"


def shown(value: Any) -> str:
    """A value in the notation of the file."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, tuple):
        return f"[{', '.join(shown(one) for one in value)}]"
    return "not set" if value is None else str(value)


def _listed(platforms: Sequence[str]) -> list[Entry]:
    first, *others = platforms
    plain = Platform()
    return [
        *entries(Settings),
        *platform_entries([first]),
        *(
            entry
            for entry in platform_entries(others)
            if entry.default != getattr(plain, entry.key) or entry.key in ("catalogue_url", "store")
        ),
    ]


def _line(entry: Entry, chosen: Mapping[str, Any]) -> str:
    if entry.name in chosen:
        return f"{entry.key} = {shown(chosen[entry.name])}"
    if entry.default is None:
        return f"# {entry.key} = {shown(entry.rules['example'])}  # not set"
    return f"# {entry.key} = {shown(entry.default)}"


def _explained(entry: Entry) -> str:
    text = str(entry.rules["help"]).replace("`", "")
    if unit := entry.rules["unit"]:
        text += f" ({unit})"
    return text + _choices(entry, "{}")


def _choices(entry: Entry, form: str) -> str:
    choices = entry.rules["choices"]
    if not choices:
        return ""
    if choices == (*range(len(choices)),):
        return f"; {choices[0]} to {choices[-1]}"
    number = "any" if get_origin(entry.kind) is tuple else "one"
    return f"; {number} of " + ", ".join(form.format(one) for one in choices)


def _markdown_table(rows: Collection[Entry]) -> str:
    lines = ["| setting | default | unit | meaning | environment |", "| --- " * 5 + "|"]
    for entry in rows:
        default = shown(entry.default)
        default = default if entry.default is None else f"`{default}`"
        variable = entry.variable.replace("_NAME_", "_<NAME>_")
        meaning = entry.rules["help"] + _choices(entry, "`{}`")
        lines.append(
            f"| `{entry.key}` | {default} | {entry.rules['unit']} | {meaning} | `{variable}` |"
        )
    return "\n".join(lines)
