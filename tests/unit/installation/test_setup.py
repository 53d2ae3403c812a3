"""The settings' file of an installation, and what Airflow is set up with."""

from pathlib import Path

import pytest

from dias_cbm.config.settings import settings
from dias_cbm.errors import SettingsError
from dias_cbm.installation import airflow
from dias_cbm.installation.airflow_names import POOLS
from dias_cbm.installation.setup import Answers, secrets_left, write_file

ANSWERS = Answers(
    "creodias",
    "s3://EODATA?endpoint=https://s3.example",
    database_url="postgresql://cbm:s3cr3t@db.example/cbm",
    mail_to=("op@agency.example",),
    mail_server="mail.example:587",
    airflow_url="http://airflow.example",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "new"
    folder.mkdir()
    return folder


def test_the_file_holds_the_answers_and_no_secret(folder: Path) -> None:
    file = folder / "mine.toml"
    ANSWERS.check()
    write_file(file, ANSWERS)
    assert "s3cr3t" not in file.read_text()
    read = settings({}, file)
    assert (read.platform, read.known("creodias").store) == ("creodias", ANSWERS.store)
    assert (read.mail.to, read.airflow.url) == (ANSWERS.mail_to, ANSWERS.airflow_url)
    assert read.database.url is None
    assert [path.name for path in folder.iterdir()] == ["mine.toml"]


def test_an_address_without_password_is_written(folder: Path) -> None:
    file = folder / "mine.toml"
    write_file(file, Answers("cdse", "files:/eodata", "postgresql://cbm@db.example/cbm"))
    assert settings({}, file).database.url == "postgresql://cbm@db.example/cbm"


def test_a_file_that_is_there_stays_unless_forced(folder: Path) -> None:
    file = folder / "mine.toml"
    file.write_text("# mine")
    with pytest.raises(SettingsError, match=r"exists already .*--force"):
        write_file(file, ANSWERS)
    assert file.read_text() == "# mine"
    write_file(file, ANSWERS, force=True)
    assert settings({}, file).platform == "creodias"


def test_where_the_secrets_belong_is_said() -> None:
    left = "\n".join(secrets_left(ANSWERS))
    assert "CBM_DATABASE_URL" in left
    assert "CBM_PLATFORMS_CREODIAS_STORE_SECRET" in left
    assert "s3cr3t" not in left
    assert not list(secrets_left(Answers("cdse", "files:/eodata")))


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        (Answers("mars", "files:/eodata"), "mars: unknown platform"),
        (Answers("cdse", "ftp://x"), "store"),
        (Answers("cdse", "files:/x", database_url="postgresql//x"), "not an address"),
        (Answers("cdse", "files:/x", mail_server="mail:x"), "not HOST:PORT"),
    ],
)
def test_answers_that_cannot_be_used_are_refused(answers: Answers, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        answers.check()


@pytest.mark.parametrize(
    ("server", "port", "ssl", "starttls"),
    [
        ("mail", 25, False, False),
        ("mail:25", 25, False, False),
        ("mail:587", 587, False, True),
        ("mail:465", 465, True, True),
    ],
)
def test_encryption_goes_by_the_port(server: str, port: int, ssl: bool, starttls: bool) -> None:
    mail = Answers("cdse", "files:/x", mail_to=("a@b",), mail_server=server).mail()
    assert mail is not None
    assert (mail.host, mail.port, mail.extra["from_email"]) == ("mail", port, "a@b")
    assert (not mail.extra["disable_ssl"], not mail.extra["disable_tls"]) == (ssl, starttls)


class Api:
    """As much of Airflow as is asked; in the place of the REST client."""

    def __init__(self) -> None:
        self.there = {"cbm_card": 128}
        self.connections: dict[str, dict] = {"cbm_smtp": {}}

    def pools(self) -> list[str]:
        return list(self.there)

    def set_pool(self, name: str, slots: int, description: str) -> None:
        self.there[name] = slots

    def connection(self, conn_id: str) -> dict | None:
        return self.connections.get(conn_id)

    def add_connection(self, described: dict) -> None:
        self.connections[described["connection_id"]] = described


def test_what_airflow_has_already_is_left_as_it_is() -> None:
    api = Api()
    done = airflow.set_up(api, ANSWERS.connections())  # type: ignore[arg-type]
    assert set(api.there) == set(POOLS)
    assert api.there["cbm_card"] == 128
    assert api.connections["cbm_postgres"]["password"] == "s3cr3t"
    assert api.connections["cbm_smtp"] == {}
    assert done[-1] == "created connection cbm_postgres"
    assert not airflow.set_up(api, ANSWERS.connections())  # type: ignore[arg-type]


def test_the_commands_say_everything_but_the_password() -> None:
    said = "\n".join(airflow.commands(ANSWERS.connections()))
    assert all(name in said for name in POOLS)
    assert "airflow connections add cbm_postgres --conn-type postgres" in said
    assert "s3cr3t" not in said
