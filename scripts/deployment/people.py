"""Checks of persons' rights through the proxy with TLS: our page and API, and Airflow's own.

``people.py ADDRESS AUTHORITY`` asks, inside the namespace; the passwords come by standard input.
"""

from __future__ import annotations

import json
import secrets
import ssl
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import httpx

from dias_cbm_lab.demo.check import Check, equal
from scripts.deployment import network, programs
from scripts.deployment.installation import Installation
from scripts.deployment.proxied import Proxied

HOST = "cbm.example.test"
OVERLAYS = ("deploy/compose.fab.yaml", "deploy/compose.tls.yaml")
ROLES = {
    "ida": "Inspector",
    "ana": "Analyst",
    "ole": "Operator",
    "ada": "Admin",
    "guest": "Public",
}
_NOBODY = "nobody"
_SEASON = "/cbm/api/v1/seasons"
#: Request -> method, path, body, and whoever may, with the reply they get. For a body that is of no
#: use they get 422.
_REQUESTS: Mapping[str, tuple[str, str, Any, str, int]] = {
    "the page": ("GET", "/cbm/", None, "ida ana ole ada", 200),
    "seasons": ("GET", _SEASON, None, "ida ana ole ada", 200),
    "to decide": ("POST", f"{_SEASON}/SEASON/decisions", {}, "ida ole ada", 422),
    "to operate": ("POST", f"{_SEASON}/SEASON/runs", {}, "ole ada", 422),
    "Airflow's DAGs": ("GET", "/api/v2/dags", None, "ida ana ole ada", 200),
    "Airflow's connections": ("GET", "/api/v2/connections", None, "ole ada", 200),
    "Airflow's users": ("GET", "/auth/fab/v1/users", None, "ada", 200),
    "Airflow's own page": ("GET", "/", None, "ida ana ole ada guest nobody", 200),
}
#: It creates persons in FAB, from standard input.
_CREATE = """
import json, sys
from airflow.providers.fab.www.app import create_app
app = create_app(enable_plugins=False)
with app.app_context():
    manager = app.appbuilder.sm
    for name, (role, password) in json.load(sys.stdin).items():
        found = manager.find_role(role)
        assert manager.add_user(name, name, "Test", f"{name}@example.org", found, password), name
"""


def make_certificates(folder: Path) -> None:
    """An authority ``ca.crt``, and ``tls.crt`` and ``tls.key`` of it for :data:`HOST`."""
    folder.mkdir(parents=True, exist_ok=True)
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2")
    request = ("openssl", "req", "-x509", *curve)
    made = ("-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=Authority")
    programs.call([*request, *made], directory=folder)
    names = ("-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}")
    signed = ("-keyout", "tls.key", "-out", "tls.crt", "-CA", "ca.crt", "-CAkey", "ca.key")
    programs.call([*request, *signed, *names], directory=folder)


def create(installation: Installation) -> dict[str, str]:
    """Create one person of each role; returns their passwords."""
    passwords = {name: secrets.token_urlsafe(18) for name in ROLES}
    people = {name: [role, passwords[name]] for name, role in ROLES.items()}
    server = installation.containers("api-server")[0]
    installation.engine.docker(
        *("exec", "--interactive", server, "python", "-W", "ignore", "-c", _CREATE),
        give=json.dumps(people).encode(),
    )
    return passwords


def check(authority: Path, passwords: Mapping[str, str], season: str) -> list[Check]:
    """Ask as each person, by a process inside the namespace.

    :param authority: its certificate, the only one that is believed.
    """
    module = [sys.executable, "-m", "scripts.deployment.people", str(authority), season]
    said = programs.call(network.inside(module), give=json.dumps(passwords).encode())
    return [Check(**one) for one in json.loads(said)]


def _asked(authority: Path, season: str, passwords: Mapping[str, str]) -> Iterator[Check]:
    yield _unknown_authority()
    with _client(ssl.create_default_context(cafile=str(authority))) as client:
        wrong = client.post("/auth/token", json={"username": "ada", "password": "guessed"})
        yield equal("a wrong password, through the proxy", 401, wrong.status_code)
        yield equal("the execution API, through the proxy", 404, _status(client, "/execution/"))
        for name in (*ROLES, _NOBODY):
            headers = {}
            if name in passwords:
                login = {"username": name, "password": passwords[name]}
                token = client.post("/auth/token", json=login).raise_for_status().json()
                headers = {"Authorization": f"Bearer {token['access_token']}"}
            client.cookies.clear()
            expected, found = {}, {}
            for what, (method, path, body, who, reply) in _REQUESTS.items():
                refused = 401 if name == _NOBODY else 403
                expected[what] = reply if name in who.split() else refused
                place = path.replace("SEASON", season)
                reached = client.request(method, place, json=body, headers=headers)
                found[what] = reached.status_code
            yield equal(f"what {ROLES.get(name, _NOBODY)} may, through TLS", expected, found)


def _unknown_authority() -> Check:
    try:
        with _client(ssl.create_default_context()) as client:
            found = f"answered {_status(client, '/')}"
    except httpx.ConnectError as error:
        found = "refused" if "CERTIFICATE_VERIFY_FAILED" in str(error) else str(error)
    return equal("a certificate of an unknown authority", "refused", found)


def _client(context: ssl.SSLContext) -> httpx.Client:
    """A client of the proxy, which checks its certificate for the name."""
    proxied, url = Proxied("127.0.0.1", context), f"https://{HOST}"
    return httpx.Client(base_url=url, transport=proxied, timeout=60, trust_env=False)


def _status(client: httpx.Client, path: str) -> int:
    return client.get(path).status_code


if __name__ == "__main__":
    replies = _asked(Path(sys.argv[1]), sys.argv[2], json.load(sys.stdin))
    json.dump([asdict(one) for one in replies], sys.stdout)
