"""Pictures of the window for the manual, taken by Debian's Chromium from a running demo.

Run with the folder of the demo, and with names of pictures if not all are wanted:
``scripts/screenshots.py --run-folder .run season map``.
"""

from __future__ import annotations

import argparse
import io
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, FrameLocator, Page, sync_playwright

from dias_cbm.errors import ServiceError
from dias_cbm_lab.demo import environment, window_checks
from dias_cbm_lab.demo import ports as port_choice
from dias_cbm_lab.demo.folder import ROOT, RunFolder, run_folder
from dias_cbm_lab.season.simulate import open_season

IMAGES = ROOT / "docs" / "images"
#: Name -> address below the season's page, and what is there once the page is drawn.
PICTURES: Mapping[str, tuple[str, str]] = {
    "season": ("", ".square"),
    "map": ("/map", "body[data-map]:not([data-map='0'])"),
    "parcel": ("/parcels/{pid}", "figure.chart canvas"),
    "work": ("/work", "tbody tr"),
}
#: A picture in the manual may have this many bytes.
MOST_BYTES = 150_000
_SIZE = {"width": 1280, "height": 800}
_PATIENCE_MS = 30_000
_SETTLES_MS = 1_500


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser without a window.

    :raises ServiceError: it is not installed.
    """
    program = shutil.which("chromium")
    if program is None:
        raise ServiceError("is missing", subject="chromium", hint="make test-services")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program)
        try:
            yield browser
        finally:
            browser.close()


def fill_in(place: Page | FrameLocator, user: str, password: str) -> None:
    """Fill in Airflow's form, which is shown or on its way."""
    place.locator("input[name=username]").fill(user)
    place.locator("input[name=password]").fill(password)
    place.get_by_role("button", name="Sign in").click()


def log_in(page: Page, user: str, password: str) -> None:
    """Fill in Airflow's form, and wait until it has let the user in."""
    fill_in(page, user, password)
    page.wait_for_url(lambda address: "/auth/login" not in address, timeout=_PATIENCE_MS)


def frame(page: Page) -> FrameLocator:
    """The window within Airflow's page."""
    return page.frame_locator("iframe")


def take(page: Page, address: str, drawn: str, file: Path) -> None:
    """Open a page and keep what a reader sees first, in 256 colours.

    :param drawn: selector of what has to be there before.
    :raises ServiceError: the picture is too large for the manual.
    """
    page.goto(address)
    page.locator(drawn).first.wait_for(timeout=_PATIENCE_MS)
    # Images of their own requests, and the last move of the map.
    page.wait_for_timeout(_SETTLES_MS)
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    file.parent.mkdir(parents=True, exist_ok=True)
    picture.quantize(256, dither=Image.Dither.NONE).save(file, optimize=True)
    if file.stat().st_size > MOST_BYTES:
        raise ServiceError(f"has {file.stat().st_size} bytes, more than {MOST_BYTES}", subject=file)


def take_all(run: RunFolder, names: list[str]) -> None:
    """Take the pictures of a demo's season as its administrator sees them.

    :raises ServiceError: the demo does not run.
    """
    season = open_season(run.season)
    ports = port_choice.remembered(run.ports)
    if "airflow" not in ports:
        raise ServiceError("the demo does not run", subject=run.root, hint="cbm demo start")
    airflow = environment.airflow_url(ports)
    page_of_season = window_checks.addresses(airflow, season.name)["alone"]
    pid = season.truth()["wrong_declarations"][0]["pid"]
    with chromium() as browser:
        page = browser.new_page(viewport=_SIZE, locale="en-GB")
        page.goto(f"{airflow}/auth/login")
        log_in(page, environment.USER, environment.password(run))
        for name in names:
            path, drawn = PICTURES[name]
            file = IMAGES / f"{name}.png"
            take(page, page_of_season + path.format(pid=pid), drawn, file)
            print(f"{file.relative_to(ROOT)}: {file.stat().st_size / 1000:.0f} kB")


def main(arguments: list[str] | None = None) -> Any:
    """Take the named pictures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--run-folder", type=Path, help="of the demo; else CBM_RUN_FOLDER or .run")
    parser.add_argument("names", nargs="*", help=f"of {', '.join(PICTURES)}; all by default")
    asked = parser.parse_args(arguments)
    if unknown := set(asked.names) - PICTURES.keys():
        parser.error(f"no such picture: {', '.join(sorted(unknown))}")
    take_all(run_folder(asked.run_folder), asked.names or list(PICTURES))


if __name__ == "__main__":
    sys.exit(main())
