"""SQL stands in files, and every file is used and says what it does."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from dias_cbm.db.queries import query

ROOT = Path(__file__).resolve().parents[3]
CODE = [
    path
    for folder in ("include", "operators", "plugins")
    for path in (ROOT / folder).rglob("*.py")
    if "dias_cbm_airflow" not in path.parent.parts
]
QUERIES = {
    path.relative_to(ROOT / "sql/queries").with_suffix("").as_posix()
    for path in (ROOT / "sql/queries").rglob("*.sql")
}
# Migrations begin before there is a table; SQLite files are those of users. The test bench looks at
# tables as a stranger would.
WITHOUT_FILES = {"include/dias_cbm/db/migrations.py", "include/dias_cbm/sqlite_tables.py"}
STATEMENT = re.compile(r"\s*(with|select|insert|update|delete|create|alter|drop)\b", re.IGNORECASE)
TABLE = re.compile(r"\b(from|into|update|table)\s+[a-z_]+", re.IGNORECASE)


def literals(path: Path) -> list[ast.Constant]:
    return [
        call.args[0]
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in ("execute", "executemany")
        and call.args
        and isinstance(call.args[0], ast.Constant)
        and isinstance(call.args[0].value, str)
    ]


def test_no_statement_over_tables_stands_in_the_code() -> None:
    library = [path for path in CODE if "dias_cbm_lab" not in path.parts]
    found = [
        f"{name}:{literal.lineno}: {literal.value}"
        for path in library
        if (name := path.relative_to(ROOT).as_posix()) not in WITHOUT_FILES
        for literal in literals(path)
        if STATEMENT.match(literal.value) and TABLE.search(literal.value)
    ]
    assert found == []


def test_every_file_is_used() -> None:
    code = "\n".join(path.read_text() for path in CODE)
    # The report of the demo reads all of its folder.
    unused = {name for name in QUERIES if f'"{name}"' not in code and not name.startswith("lab/")}
    assert unused == set()


def test_every_file_begins_with_what_it_does() -> None:
    assert {name for name in QUERIES if not query(name).startswith("-- ")} == set()
