"""Test buttons against real servers and files of this machine."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
from aiosmtpd.smtp import AuthResult

from dias_cbm.errors import ParcelFileError, ServiceError, StoreError
from dias_cbm.installation.connections import Connection
from dias_cbm.installation.services import press_mail_server, press_parcel_file, press_store
from dias_cbm.storage.files import FileStore

PLAIN = {"disable_ssl": True, "disable_tls": True}


@pytest.fixture
def mail_server() -> Iterator[int]:
    def accept(server, session, envelope, mechanism, data) -> AuthResult:
        return AuthResult(success=data.password == b"right", handled=False)

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Controller(Sink(), "127.0.0.1", port, authenticator=accept, auth_require_tls=False)
    server.start()
    yield port
    server.stop()


def at(port: int, **more: object) -> Connection:
    return Connection("cbm_smtp", "smtp", "127.0.0.1", port, extra=PLAIN, **more)  # type: ignore[arg-type]


def test_a_mail_server_that_answers(mail_server: int) -> None:
    assert press_mail_server(at(mail_server)) == f"127.0.0.1:{mail_server} answers"
    assert press_mail_server(at(mail_server, login="me", password="right"))


def test_a_mail_server_that_refuses_or_is_not_there(mail_server: int) -> None:
    with pytest.raises(ServiceError, match="refuses the login"):
        press_mail_server(at(mail_server, login="me", password="wrong"))
    with pytest.raises(ServiceError, match=r"127\.0\.0\.1:1: does not answer"):
        press_mail_server(at(1))


def test_a_store_that_is_not_mounted_is_not_one_that_answers(tmp_path: Path) -> None:
    assert press_store(FileStore(str(tmp_path), "cdse")) == "the store of cdse answers"
    with pytest.raises(StoreError, match="is it mounted"):
        press_store(FileStore(str(tmp_path / "eodata"), "cdse"))


def test_a_parcel_file_that_opens(tmp_path: Path) -> None:
    file = tmp_path / "parcels.geojson"
    file.write_text(
        '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"pid": "1"},'
        ' "geometry": {"type": "Point", "coordinates": [9, 56]}}]}'
    )
    assert press_parcel_file(file) == "1 features; columns pid"


@pytest.mark.parametrize("text", [None, "not a parcel file"])
def test_a_parcel_file_that_does_not(text: str | None, tmp_path: Path) -> None:
    file = tmp_path / "parcels.gpkg"
    if text:
        file.write_text(text)
    with pytest.raises(ParcelFileError, match=r"parcels\.gpkg"):
        press_parcel_file(file)
