"""Every route of the window is a coroutine behind a login; nothing here asks a database."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from starlette.routing import BaseRoute, Mount, Route
from window_host import OPERATOR, READER, StandIn

from dias_cbm.window.app import application
from dias_cbm.window.rights import User
from dias_cbm.window.signatures import sign

#: Addresses with a signature instead of a login: see test_signatures.py, and for every route below.
SIGNED = "/signed/"
#: Addresses of files that are the same for everybody.
OPEN = {"/static", "/dashboard.js"}
HOST = StandIn()
APP = application(HOST)


def walked() -> Iterator[tuple[str, str]]:
    """Method and address of every route, with its parameters filled in."""
    for route in APP.routes:
        if isinstance(route, Mount | Route) and route.path in OPEN:
            continue
        assert isinstance(route, APIRoute), f"{route} is not walked: give it a login and a test"
        path = route.path_format
        for name in route.param_convertors:
            path = path.replace("{" + name + "}", "1")
        for method in sorted(route.methods):
            yield method, path


ROUTES = list(walked())


def ask(method: str, path: str, user: User | None) -> int:
    HOST.logged_in = user
    client = TestClient(APP, raise_server_exceptions=False)
    body = None if method in ("GET", "HEAD", "DELETE") else {}
    return client.request(method, path, json=body, follow_redirects=False).status_code


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_without_a_login_there_is_nothing_to_see(method: str, path: str) -> None:
    assert ask(method, path, None) == (403 if path.startswith(SIGNED) else 401)


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_a_login_without_rights_is_not_enough(method: str, path: str) -> None:
    assert ask(method, path, User("eve", "eve")) == 403


@pytest.mark.parametrize(("method", "path"), [one for one in ROUTES if one[1].startswith(SIGNED)])
def test_a_login_does_not_replace_a_signature(method: str, path: str) -> None:
    assert ask(method, path, OPERATOR) == 403


@pytest.mark.parametrize(("method", "path"), [one for one in ROUTES if one[1].startswith(SIGNED)])
def test_a_signature_is_good_for_its_own_user(method: str, path: str) -> None:
    below = path.removeprefix(f"{SIGNED}1")
    # The database is away: whoever gets so far has passed.
    assert ask(method, sign(HOST.secret(), READER, below), None) in (422, 503)
    assert ask(method, sign(HOST.secret(), User("1", "1"), below) + "?x=1", None) == 403
    assert ask(method, sign(HOST.secret(), User("77", "eve"), below), None) == 403


@pytest.mark.parametrize(("method", "path"), [one for one in ROUTES if one[0] != "GET"])
def test_who_may_only_read_changes_nothing(method: str, path: str) -> None:
    # Own keys are the exception: a reader makes keys that read. JRC's batches are questions.
    own = path.startswith(("/api/v1/keys", "/query/"))
    expected = {403, 404, 422, 503} if own else {403}
    assert ask(method, path, READER) in expected


@pytest.mark.parametrize("path", [path for method, path in ROUTES if method == "GET"])
def test_head_is_get_without_the_body(path: str) -> None:
    HOST.logged_in = OPERATOR
    client = TestClient(APP, raise_server_exceptions=False)
    whole, head = client.get(path), client.head(path)
    assert (head.status_code, head.content) == (whole.status_code, b"")
    told = ("content-type", "content-length", "content-security-policy")
    assert [head.headers.get(one) for one in told] == [whole.headers.get(one) for one in told]


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_options_tells_what_may_be_done_to_those_who_are_logged_in(method: str, path: str) -> None:
    assert ask("OPTIONS", path, None) == 401
    HOST.logged_in = READER
    reply = TestClient(APP).options(path)
    assert reply.status_code == 204
    allowed = reply.headers["allow"].split(", ")
    assert {method, "OPTIONS"} <= set(allowed)
    assert ("HEAD" in allowed) == ("GET" in allowed)
    assert not [one for one in reply.headers if one.startswith("access-control")]


def test_options_of_nothing() -> None:
    HOST.logged_in = READER
    assert TestClient(APP).options("/nowhere").status_code == 404


def test_names_in_addresses_may_hold_slashes_and_nothing_else_does() -> None:
    """A parameter that takes the rest of a path is a name, which tells slashes apart."""
    greedy = [
        (route.path, name)
        for route in APP.routes
        if isinstance(route, APIRoute)
        for name, kind in route.param_convertors.items()
        if kind.regex == ".*" and f"{{{name}:name}}" not in route.path
    ]
    assert greedy == []


def every_route(app: object) -> Iterator[BaseRoute]:
    for route in getattr(app, "routes", ()):
        yield route
        yield from every_route(getattr(route, "app", None))


def test_no_route_uses_the_threads_of_the_server() -> None:
    plain = [
        call
        for route in every_route(APP)
        if isinstance(route, APIRoute)
        for call in (route.endpoint, *(one.call for one in route.dependant.dependencies))
        if not inspect.iscoroutinefunction(call)
    ]
    assert plain == []
