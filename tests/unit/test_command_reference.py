"""The pages that are written from the command are up to date."""

import pytest

from scripts.command_reference import DOCS, PAGES, updated


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_up_to_date(name: str) -> None:
    page = DOCS / name
    assert page.read_text() == updated(page, PAGES[name]()), "run scripts/command_reference.py"
