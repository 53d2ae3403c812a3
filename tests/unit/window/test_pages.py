"""The shells of pages, and the pages of errors: readable without scripts, and never of others."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import Any

import psycopg
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from window_host import READER, StandIn

from dias_cbm.errors import SeasonError, StoreDown
from dias_cbm.window.app import application
from dias_cbm.window.pages import PAGES

HOSTILE = "a'\"<script>alert(1)</script>&amp;"
HTML = {"Accept": "text/html,application/xhtml+xml"}


class Page(HTMLParser):
    """The elements of a page, its configuration and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.said = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.said += data

    @property
    def config(self) -> dict[str, Any]:
        (meta,) = [one for tag, one in self.elements if tag == "meta" and one.get("name") == "cbm"]
        return dict(json.loads(meta["content"] or ""))


def client(host: StandIn, **more: Any) -> TestClient:
    return TestClient(application(host), raise_server_exceptions=False, headers=HTML, **more)


@pytest.mark.parametrize("address", PAGES)
def test_a_page_names_its_script_and_its_subject(address: str) -> None:
    path = address
    for name in ("season", "pid:name", "acquisition", "product:name"):
        path = path.replace("{" + name + "}", "one")
    reply = client(StandIn(None, READER)).get(path)
    assert reply.status_code == 200
    page = Page(reply.text)
    depth = path.count("/") - 1
    root = "../" * depth or "./"
    scripts = [one for tag, one in page.elements if tag == "script"]
    assert [one["src"] for one in scripts] == [f"{root}static/{PAGES[address]}.js"]
    assert page.config["root"] == root
    assert page.config["rights"] == ["read"]
    assert [one for _, one in page.elements if set(one) & {"style", "onclick", "onload"}] == []


def test_names_of_others_are_escaped() -> None:
    host = StandIn(None, type(READER)("1", HOSTILE, READER.rights))
    reply = client(host).get(f"/seasons/{HOSTILE}/map".replace("/script", "script"))
    assert reply.status_code == 200
    page = Page(reply.text)
    assert page.config["user"] == HOSTILE
    assert page.config["season"] == HOSTILE.replace("/script", "script")
    assert sum(tag == "script" for tag, _ in page.elements) == 1


def test_below_airflows_mount_the_way_up_ends_there() -> None:
    outer = FastAPI()
    outer.mount("/cbm", application(StandIn(None, READER)))
    asked = TestClient(outer, headers=HTML)
    assert Page(asked.get("/cbm/seasons/x/map").text).config["root"] == "../../"
    assert Page(asked.get("/cbm/").text).config["root"] == "./"


@pytest.mark.parametrize(
    ("asked", "spoken", "word"),
    [
        ("", "en", "Log in again"),
        ("da", "da", "Log ind igen"),
        ("da-DK,da;q=0.9,en;q=0.1", "da", "Log ind igen"),
        ("en;q=0.2, da;q=0.9", "da", "Log ind igen"),
        ("fr, es", "en", "Log in again"),
        ("da;q=0", "en", "Log in again"),
        ("x;q=y,;;,", "en", "Log in again"),
    ],
)
def test_an_expired_login_is_told_in_the_page(asked: str, spoken: str, word: str) -> None:
    reply = client(StandIn()).get("/seasons/dk-2018", headers=HTML | {"Accept-Language": asked})
    assert reply.status_code == 401
    # A browser would open a dialogue for a password that there is not.
    assert "www-authenticate" not in reply.headers
    page = Page(reply.text)
    assert word in page.said
    assert page.config["language"] == spoken
    assert page.config["login"] == "../../login"
    assert "dk-2018" not in reply.text


def test_a_program_without_login_gets_json() -> None:
    reply = client(StandIn()).get("/api/v1/seasons")
    assert (reply.status_code, reply.json()) == (401, {"detail": "log in again"})


def test_a_page_that_is_not_there_is_a_page() -> None:
    reply = client(StandIn(None, READER)).get("/nowhere/<b>")
    assert reply.status_code == 404
    assert Page(reply.text).config["status"] == 404
    assert "<b>" not in reply.text


@pytest.mark.parametrize(
    ("error", "code", "detail"),
    [
        (SeasonError(f"no such {HOSTILE}"), 404, f"no such {HOSTILE}"),
        (StoreDown("does not answer", subject="store"), 502, "store: does not answer"),
        (psycopg.OperationalError("password=hush"), 503, None),
        (psycopg.errors.LockNotAvailable("canceling"), 503, None),
        (psycopg.errors.UndefinedTable("relation hush"), 503, None),
        (psycopg.errors.NumericValueOutOfRange("hush"), 422, None),
        (psycopg.ProgrammingError("hush"), 500, None),
        (RuntimeError("hush"), 500, None),
    ],
)
def test_an_error_becomes_a_status_and_a_sentence(
    error: Exception, code: int, detail: str | None
) -> None:
    app = application(StandIn(None, READER))

    async def fails() -> None:
        raise error

    app.get("/api/v1/fails")(fails)
    app.get("/fails")(fails)
    asked = TestClient(app, raise_server_exceptions=False)
    reply = asked.get("/api/v1/fails")
    assert reply.status_code == code
    assert "hush" not in reply.text
    assert detail is None or reply.json() == {"detail": detail}
    assert ("retry-after" in reply.headers) == (code == 503)
    page = asked.get("/fails", headers=HTML)
    assert page.status_code == code
    assert sum(tag == "script" for tag, _ in Page(page.text).elements) == 1


def test_the_database_is_away() -> None:
    reply = client(StandIn(None, READER)).get("/api/v1/seasons")
    assert reply.status_code == 503
    assert reply.json() == {"detail": "database.url: no database"}
