"""Debian's Chromium, and the window's pages with prepared answers."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import window_client
from playwright.sync_api import Browser, Page, expect, sync_playwright

from scripts import client

# Ample: two test processes and Chromium share two cores.
expect.set_options(timeout=20_000)

AXE_RULES = ["wcag2a", "wcag2aa", "wcag21aa", "best-practice"]


@dataclass
class Window:
    """A browser page in front of the client, and what it complained about."""

    page: Page
    url: str
    server: window_client.Pages
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        """Open an address below the mount and wait for its data."""
        self.page.goto(f"{self.url}/{path}")
        self.page.locator("h1, .trouble").first.wait_for()
        # Parts that ask for data of their own show this as soon as they are there.
        expect(self.page.locator(".loading")).to_have_count(0)
        return self.page

    def violations(self) -> list[str]:
        """Violations of accessibility of the open page, by axe-core."""
        return violations(self.page)


def violations(page: Page) -> list[str]:
    """Violations of accessibility of a page, by axe-core."""
    axe = client.SOURCES / "node_modules/axe-core/axe.min.js"
    page.evaluate(axe.read_text())
    run = f"() => axe.run(document, {{runOnly: {AXE_RULES!r}}})"
    found = page.evaluate(run)["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found]


@pytest.fixture(scope="session")
def axe() -> Callable[[Page], list[str]]:
    return violations


# Of a module, not of the session: Playwright's event loop would stand in the way of other tests'.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium")
    if program is None:
        pytest.fail("Chromium is missing: make test-services installs it")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program)
        yield started
        started.close()


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The client, and a page that shows the shared parts, built from the present sources."""
    folder = tmp_path_factory.mktemp("static")
    environment = os.environ | {"CBM_CLIENT_OUT": str(folder)}
    command = [str(client.node() / "bin/node"), "build.mjs", "test/specimen.tsx"]
    subprocess.run(command, cwd=client.SOURCES, env=environment, check=True)
    return folder


@pytest.fixture
def window(browser: Browser, built: Path, request: pytest.FixtureRequest) -> Iterator[Window]:
    """A browser of a language and size; a parameter changes them."""
    options: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}, "locale": "en-GB"}
    options |= getattr(request, "param", {})
    server = window_client.Pages(static=built)
    with window_client.serving(server) as url:
        page = browser.new_page(**options)
        opened = Window(page, url, server)
        page.on("pageerror", lambda error: opened.complaints.append(str(error)))
        page.on("console", lambda said: _note(opened, said.type, said.text))
        yield opened
        page.close()


def _note(window: Window, kind: str, text: str) -> None:
    # Violations of the policy are errors; Chromium says others about its graphics as warnings.
    if kind == "error":
        window.complaints.append(text)
