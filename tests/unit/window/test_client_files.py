"""The client's files as browsers are given them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from dias_cbm.window.client_files import ClientFiles

PAGE = "export const page = 1;\n" * 100


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "page.js").write_text(PAGE)
    (tmp_path / "chunk-ABC.js").write_text(PAGE)
    return tmp_path


@pytest.fixture
def browser(folder: Path) -> Iterator[TestClient]:
    app = FastAPI()
    app.mount("/static", ClientFiles(directory=folder))
    with TestClient(app, headers={"Accept-Encoding": "gzip"}) as client:
        yield client


def test_a_file_is_sent_compressed_and_whole(browser: TestClient) -> None:
    reply = browser.get("/static/page.js")
    assert reply.headers["content-encoding"] == "gzip"
    assert int(reply.headers["content-length"]) < len(PAGE) / 5
    assert reply.text == PAGE
    assert reply.headers["content-type"].startswith("text/javascript")


@pytest.mark.parametrize(
    "headers", [{"Accept-Encoding": "identity"}, {"Accept-Encoding": "gzip;q=0"}]
)
def test_who_takes_no_gzip_gets_it_plain(browser: TestClient, headers: dict[str, str]) -> None:
    reply = browser.get("/static/page.js", headers=headers)
    assert "content-encoding" not in reply.headers
    assert reply.text == PAGE
    assert "Accept-Encoding" in reply.headers["vary"]


def test_a_part_is_a_part_of_the_file_itself(browser: TestClient) -> None:
    reply = browser.get("/static/page.js", headers={"Range": "bytes=7-11"})
    assert (reply.status_code, reply.text) == (206, PAGE[7:12])


def test_only_a_name_that_changes_with_its_content_is_kept_for_ever(browser: TestClient) -> None:
    assert "immutable" in browser.get("/static/chunk-ABC.js").headers["cache-control"]
    assert browser.get("/static/page.js").headers["cache-control"] == "private, no-cache"


def test_a_new_build_is_seen_and_the_same_one_is_not_sent_again(
    browser: TestClient, folder: Path
) -> None:
    tag = browser.get("/static/page.js").headers["etag"]
    known = {"If-None-Match": tag}
    assert browser.get("/static/page.js", headers=known).status_code == 304
    (folder / "page.js").write_text("export const page = 2;\n")
    os.utime(folder / "page.js", (1, 1))
    assert browser.get("/static/page.js", headers=known).text == "export const page = 2;\n"


def test_there_is_nothing_beside_the_folder(browser: TestClient) -> None:
    assert browser.get("/static/nothing.js").status_code == 404
    assert browser.get("/static/%2e%2e/secret.js").status_code == 404
