"""Printing of results: text for people, JSON for programs."""

from __future__ import annotations

import json
from typing import Any

import typer


def print_json(value: Any) -> None:
    """Print a value as one JSON document; dates, times and paths become strings."""
    typer.echo(json.dumps(value, indent=1, default=str))


def one_line(text: str) -> str:
    """A text with blanks in place of line feeds and of what would steer the terminal."""
    return "".join(character if character.isprintable() else " " for character in text)


def print_table(rows: list[dict[str, Any]]) -> None:
    """Print rows as a table under the names of their columns; nothing if there are no rows."""
    if not rows:
        return
    cells = [
        list(rows[0]),
        *(["" if v is None else one_line(str(v)) for v in row.values()] for row in rows),
    ]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for line in cells:
        padded = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        typer.echo("  ".join(padded).rstrip())
