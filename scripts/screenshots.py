"""Pictures of the window for the manual, taken by Debian's Chromium from a running demo.

Run with the folder of the demo, and with names of pictures if not all are wanted:
``scripts/screenshots.py --run-folder .run season map``.
"""

from __future__ import annotations

import argparse
import io
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, FrameLocator, Page, sync_playwright

from dias_cbm.errors import ServiceError
from dias_cbm_lab.demo import environment, processes, window_checks
from dias_cbm_lab.demo import ports as port_choice
from dias_cbm_lab.demo.folder import ROOT, RunFolder, run_folder
from dias_cbm_lab.season.simulate import open_season

IMAGES = ROOT / "docs" / "images"


@dataclass(frozen=True, slots=True)
class Picture:
    """What to show.

    :param path: below the address of the season's page.
    :param drawn: selector of what is there once the page is drawn.
    :param top: selector of what is at the upper edge.
    """

    path: str
    drawn: str
    top: str = "body"


PICTURES: Mapping[str, Picture] = {
    "season": Picture("", ".square"),
    "map": Picture("/map", "body[data-map]:not([data-map='0'])"),
    "parcel": Picture("/parcels/{pid}", "figure.chart canvas"),
    "images": Picture("/parcels/{pid}", "#images img", "#images"),
}
#: A picture in the manual may have this many bytes.
MOST_BYTES = 150_000
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


def take(page: Page, address: str, picture: Picture, file: Path) -> None:
    """Open a page and keep what a reader sees of it, in 256 colours.

    :raises ServiceError: the picture is too large for the manual.
    """
    page.goto(address)
    page.locator(picture.drawn).first.wait_for(timeout=_PATIENCE_MS)
    # Images of their own requests, and the last move of the map.
    page.wait_for_timeout(_SETTLES_MS)
    page.locator(picture.top).evaluate("place => place.scrollIntoView()")
    page.wait_for_timeout(_SETTLES_MS)
    shown = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    file.parent.mkdir(parents=True, exist_ok=True)
    shown.quantize(256, dither=Image.Dither.NONE).save(file, optimize=True)
    if file.stat().st_size > MOST_BYTES:
        raise ServiceError(f"has {file.stat().st_size} bytes, more than {MOST_BYTES}", subject=file)


def outlier(page: Page, page_of_season: str) -> str:
    """The identifier of the parcel that is first on the work list.

    :raises ServiceError: no parcel is an outlier.
    """
    api = page_of_season.replace("/seasons/", "/api/v1/seasons/")
    rows = page.request.get(f"{api}/work?kind=outlier&limit=1").json()["rows"]
    if not rows:
        raise ServiceError("no parcel is an outlier", subject=page_of_season)
    pid: str = rows[0]["pid"]
    return pid


def take_all(run: RunFolder, names: list[str]) -> None:
    """Take the pictures of a demo's season as its administrator sees them.

    :raises ServiceError: the demo does not run.
    """
    season = open_season(run.season)
    ports = port_choice.remembered(run.ports)
    if not processes.alive(processes.recorded(run.processes, "api-server")):
        raise ServiceError("the demo does not run", subject=run.root, hint="cbm demo start")
    airflow = environment.airflow_url(ports)
    page_of_season = window_checks.addresses(airflow, season.name)["alone"]
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 800}, locale="en-GB")
        page.goto(f"{airflow}/auth/login")
        log_in(page, environment.USER, environment.password(run))
        pid = outlier(page, page_of_season)
        for name in names:
            picture = PICTURES[name]
            file = IMAGES / f"{name}.png"
            take(page, page_of_season + picture.path.format(pid=pid), picture, file)
            print(f"{file.relative_to(ROOT)}: {file.stat().st_size / 1000:.0f} kB")


def main(arguments: list[str] | None = None) -> None:
    """Take the named pictures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--run-folder", type=Path, help="of the demo; else CBM_RUN_FOLDER or .run")
    parser.add_argument("names", nargs="*", help=f"of {', '.join(PICTURES)}; all by default")
    asked = parser.parse_args(arguments)
    if unknown := set(asked.names) - PICTURES.keys():
        parser.error(f"no such picture: {', '.join(sorted(unknown))}")
    take_all(run_folder(asked.run_folder), asked.names or list(PICTURES))


if __name__ == "__main__":
    main()
