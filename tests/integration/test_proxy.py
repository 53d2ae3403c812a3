"""The proxy with TLS: deploy/proxy/nginx.conf in Debian's nginx, and an authority of our own."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.integration
ROOT = Path(__file__).resolve().parents[2]
NAME = "cbm.example.org"
NGINX = shutil.which("nginx") or "/usr/sbin/nginx"
FRAME = """\
daemon off;
pid {folder}/pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/default.conf;
}}
"""


class Behind(BaseHTTPRequestHandler):
    """Stands for the api-server: answers with the headers that the proxy sets."""

    def do_GET(self) -> None:
        names = ("Host", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host")
        body = "\n".join(f"{name}={self.headers.get(name)}" for name in names).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: Any) -> None:
        """Nothing."""


def openssl(folder: Path, *arguments: str) -> None:
    command = ["openssl", *arguments]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=60)


def certificates(folder: Path) -> None:
    """An authority, and a certificate of it for the name."""
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    openssl(
        folder, "req", "-x509", *curve, "-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=CA"
    )
    subject = ["-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}"]
    authority = ["-CA", "ca.crt", "-CAkey", "ca.key"]
    openssl(
        folder,
        "req",
        "-x509",
        *curve,
        "-keyout",
        "tls.key",
        "-out",
        "tls.crt",
        *subject,
        *authority,
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Path]]:
    """The port of the running proxy, and the certificate of the authority."""
    if not Path(NGINX).exists():
        reason = "nginx is not installed: scripts/setup.sh --test-services"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("proxy")
    certificates(folder)
    behind = ThreadingHTTPServer(("127.0.0.1", 0), Behind)
    threading.Thread(target=behind.serve_forever, daemon=True).start()
    port = free_port()
    values = {
        "CBM_HOST": NAME,
        "CBM_CERTIFICATES": str(folder),
        "CBM_RESOLVER": "127.0.0.1",  # not asked: the address below is not a name
        "CBM_API_SERVER": f"http://127.0.0.1:{behind.server_port}",
    }
    text = (ROOT / "deploy/proxy/nginx.conf").read_text()
    for name, value in values.items():
        text = text.replace(f"${{{name}}}", value)
    assert "${" not in text
    (folder / "default.conf").write_text(text.replace("listen 443", f"listen 127.0.0.1:{port}"))
    (folder / "nginx.conf").write_text(FRAME.format(folder=folder))
    with (folder / "stderr").open("w") as said:
        command = [NGINX, "-p", folder, "-c", folder / "nginx.conf", "-e", "stderr"]
        running = subprocess.Popen(command, stderr=said)
    for _ in range(200):
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                break
        assert running.poll() is None, (folder / "stderr").read_text()
        time.sleep(0.05)
    yield port, folder / "ca.crt"
    running.terminate()
    running.wait(20)
    behind.shutdown()
    behind.server_close()


def ask(proxy: tuple[int, Path], path: str, name: str = NAME, *, known: bool = True) -> str:
    """The reply to a request by a name; the certificate is checked."""
    port, authority = proxy
    context = ssl.create_default_context(cafile=str(authority) if known else None)
    request = f"GET {path} HTTP/1.1\r\nHost: {name}\r\nX-Forwarded-For: 1.2.3.4\r\n"
    with (
        socket.create_connection(("127.0.0.1", port), timeout=20) as plain,
        context.wrap_socket(plain, server_hostname=name) as connection,
    ):
        connection.sendall(f"{request}Connection: close\r\n\r\n".encode())
        parts = iter(lambda: connection.recv(65536), b"")
        return b"".join(parts).decode()


def test_a_client_that_knows_the_authority_gets_through(proxy: tuple[int, Path]) -> None:
    reply = ask(proxy, "/cbm/")
    assert reply.startswith("HTTP/1.1 200")
    assert "strict-transport-security: max-age=" in reply.lower()
    # What a browser says of itself is not believed.
    assert f"Host={NAME}\nX-Forwarded-For=127.0.0.1\nX-Forwarded-Proto=https" in reply
    assert "X-Forwarded-Host=None" in reply


def test_one_that_does_not_refuses_it(proxy: tuple[int, Path]) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        ask(proxy, "/", known=False)


@pytest.mark.parametrize("name", ["other.example.org", "localhost"])
def test_another_name_is_cut_off_without_a_certificate(name: str, proxy: tuple[int, Path]) -> None:
    with pytest.raises(ssl.SSLError, match=r"(?i)unrecognized.name"):
        ask(proxy, "/", name)


def test_a_request_for_another_host_within_the_connection_is_refused(
    proxy: tuple[int, Path],
) -> None:
    port, authority = proxy
    context = ssl.create_default_context(cafile=str(authority))
    with (
        socket.create_connection(("127.0.0.1", port), timeout=20) as plain,
        context.wrap_socket(plain, server_hostname=NAME) as connection,
    ):
        connection.sendall(
            b"GET / HTTP/1.1\r\nHost: other.example.org\r\nConnection: close\r\n\r\n"
        )
        assert connection.recv(100).startswith((b"HTTP/1.1 403", b"HTTP/1.1 421"))


def test_tasks_execution_api_is_not_passed_on(proxy: tuple[int, Path]) -> None:
    assert ask(proxy, "/execution/health").startswith("HTTP/1.1 404")
    assert ask(proxy, "/x/../execution/health").startswith("HTTP/1.1 404")
    assert ask(proxy, "/%65xecution/health").startswith("HTTP/1.1 404")
