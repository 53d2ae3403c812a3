"""Names in addresses: every text comes through as it is, and takes the place of nothing else."""

from __future__ import annotations

import json
from urllib.parse import unquote

import httpx
import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from starlette.routing import compile_path
from window_client import FIXTURES
from window_host import READER, StandIn

from dias_cbm.window.app import application
from dias_cbm.window.names import decoded, inside, segment, sent

#: Each with its segment; the client's tests read the same file.
NAMES = json.loads((FIXTURES / "names.json").read_text())


def read(name: str, written: str) -> None:
    """Check that a program that asks for a name's series asks for that name's."""
    asked = httpx.URL(f"http://host/cbm/seasons/x/parcels/{written}/series").raw_path
    path = decoded(unquote(asked.decode()), asked)
    pattern, _, convertors = compile_path("/cbm/seasons/{season}/parcels/{pid:name}/series")
    match = pattern.match(path)
    assert match is not None, path
    assert convertors["pid"].convert(match["pid"]) == name
    whole, _, _ = compile_path("/cbm/seasons/{season}/parcels/{pid:name}")
    # As a server that is sent our own address.
    again = sent(f"/parcels/{inside(name)}/series").encode()
    assert decoded(unquote(again.decode()), again) == f"/parcels/{inside(name)}/series"
    assert whole.match(path) is not None


@pytest.mark.parametrize(("name", "written"), NAMES)
def test_a_name_is_found_again(name: str, written: str) -> None:
    read(name, written)
    read(name, segment(name))


@given(st.text(st.characters(exclude_characters="\0", codec="utf-8"), min_size=1))
def test_any_name_is_found_again(name: str) -> None:
    read(name, segment(name))


def test_a_plain_slash_separates_and_belongs_to_a_name_at_its_end() -> None:
    assert decoded("/seasons/x/parcels/1/204", b"/seasons/x/parcels/1/204").endswith("/1/204")
    # Another segment may not hold one; and what a proxy has changed is taken as it is.
    assert decoded("/seasons/a/b", b"/seasons/a%2Fb") == "/seasons/a/b"
    assert decoded("/parcels/a/b", b"/cbm/parcels/a%2Fb") == "/parcels/a/b"
    assert decoded("/parcels/a/b", None) == "/parcels/a/b"


@pytest.mark.parametrize("path", [
    "/static/parcels/a%2Fb", "/parcels/a%2Fb/", "/nowhere/items/%2F%2f", "/api/v1/parcels/%2F/",
    "/seasons/parcels/%2F", "/seasons/x/parcels/%2F%ff%00", "/ogc/collections/x.y/items/%2F",
    "/api/v1/seasons/products/a%2Fb/quicklook", "/seasons/x/parcels/", "/parcels/%2",
])  # fmt: skip
def test_odd_addresses_have_answers(path: str) -> None:
    app = application(StandIn(None, READER))
    for headers in ({}, {"Accept": "text/html"}):
        client = TestClient(app, headers=headers)
        for method in ("GET", "HEAD", "OPTIONS", "POST"):
            reply = client.request(method, path)
            assert reply.status_code in (200, 204, 404, 405, 415, 422, 503), (method, path)
