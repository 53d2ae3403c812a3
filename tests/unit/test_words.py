"""The words of the code: every module says first what it is, and no message is a riddle."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("include", "operators", "plugins", "dags", "benchmarks", "scripts")
# The folders of dias_cbm_airflow are links to those at the top.
FILES = sorted(
    path
    for folder in FOLDERS
    for path in (ROOT / folder).rglob("*.py")
    if "dias_cbm_airflow" not in path.parent.parts
)
RIDDLE = re.compile(r"(What|Which|When|Whether|Where|How|Why|Until|From)\b")
# "There is no store" is English; "is no store" as a predicate is not.
IS_NO = re.compile(r"(?<!here )\bis no (?!longer|more|data)\w")


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_says_first_what_it_is(path: Path) -> None:
    tree = ast.parse(path.read_text())
    first = (ast.get_docstring(tree) or "").partition("\n")[0]
    assert not RIDDLE.match(first), first


def test_messages_say_is_not_a() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {node.value}"
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and IS_NO.search(node.value)
    ]
    assert found == []
