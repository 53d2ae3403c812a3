"""``cbm window serve`` as a process: what it prints opens the window, and it says nothing more."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from observed_season import World

pytestmark = pytest.mark.integration


def test_the_printed_address_opens_the_window(world: World, database: str) -> None:
    cbm = Path(sys.executable).with_name("cbm")
    served = subprocess.Popen(
        [cbm, "window", "serve", "dk-2018", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert served.stdout is not None
        address = served.stdout.readline().strip()
        token = address.partition("token=")[2]
        transport = httpx.HTTPTransport(retries=5)
        with httpx.Client(transport=transport, follow_redirects=True, timeout=30) as browser:
            page = browser.get(address)
            assert page.status_code == 200
            assert token not in page.text and token not in str(page.url)
            rows = browser.get(page.url.join("api/v1/seasons")).json()["rows"]
            assert [row["name"] for row in rows] == ["dk-2018"]
            assert httpx.get(page.url.join("api/v1/seasons")).status_code == 401
    finally:
        served.send_signal(signal.SIGINT)
        _, said = served.communicate(timeout=30)
    assert token not in said
    assert "Traceback" not in said
