"""Precedence, types and what an error names."""

from datetime import timedelta
from pathlib import Path

import pytest

from dias_cbm.config.settings import Settings, defaults, settings
from dias_cbm.errors import SettingsError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "cbm.toml"


def test_environment_over_file_over_default(file: Path) -> None:
    file.write_text('platform = "creodias"\nhttp_attempts = 3\n')
    read = settings({"CBM_HTTP_ATTEMPTS": "9"}, file)
    assert (read.platform, read.http_attempts, read.stripe_rows) == ("creodias", 9, 256)


def test_the_file_is_named_by_the_environment(file: Path) -> None:
    file.write_text("http_attempts = 3\n")
    assert settings({"CBM_CONFIG": str(file)}).http_attempts == 3


def test_a_named_file_must_be_there_and_an_unnamed_one_need_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    assert settings({}) == Settings()
    with pytest.raises(SettingsError, match="no such settings file"):
        settings({"CBM_CONFIG": "missing.toml"})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("http_atempts = 3", "unknown setting http_atempts"),
        ("http_attempts = 2.5", "2.5 is not a int"),
        ("http_attempts = true", "True is not a int"),
        ('http_attempts = "many"', "'many' is not a int"),
        ("http_attempts = 0", "0 is not positive"),
        ("http_requests_per_s = 0.0", "0.0 is not positive"),
        ("http_timeout_s = -1", "-1 is out of range"),
        ("http_timeout_s = nan", "nan is out of range"),
        ("http_timeout_s = inf", "inf is out of range"),
        ("platform = 5", "5 is not a str"),
        ("platform = ", "not TOML"),
        ("platforms = 3", "platforms must be a table"),
        ("[platforms]\ncdse = 3", "platforms.cdse must be a table"),
        ("[platforms.cdse]\nurl = 'x'", "unknown setting platforms.cdse.url"),
        ("[platforms.cdse]\nclosed = 'perhaps'", "'perhaps' is not a bool"),
        ("[platforms.cdse]\nclosed = 1", "1 is not a bool"),
    ],
)
def test_a_mistake_is_named(file: Path, text: str, message: str) -> None:
    file.write_text(text)
    with pytest.raises(SettingsError, match=message):
        settings({}, file)


def test_a_whole_number_will_do_for_seconds(file: Path) -> None:
    file.write_text("http_timeout_s = 5\n")
    assert settings({}, file).http_timeout_s == 5.0


def test_a_platform_of_ones_own(file: Path) -> None:
    file.write_text('[platforms.my-archive]\ncatalogue_url = "http://a/odata"\n')
    environ = {
        "CBM_PLATFORMS_MY_ARCHIVE_STORE": "files:/mnt/eodata",
        "CBM_PLATFORMS_MY_ARCHIVE_CLOSED": "true",
        "CBM_PLATFORMS_CDSE_STORE": "files:/cdse",
    }
    read = settings(environ, file)
    archive = read.service("my-archive")
    assert (archive.catalogue_url, archive.store) == ("http://a/odata", "files:/mnt/eodata")
    assert archive.closed
    assert read.service("cdse").store == "files:/cdse"
    assert (
        read.service("cdse").catalogue_url == "https://catalogue.dataspace.copernicus.eu/odata/v1"
    )


def test_an_unknown_platform_lists_the_known_ones() -> None:
    with pytest.raises(SettingsError, match="one of cdse, cdse-resto, cdse-stac, creodias"):
        Settings().service("mars")


def test_a_closed_platform_needs_an_address(file: Path) -> None:
    file.write_text("[platforms.old-one]\nclosed = true\n")
    read = settings({}, file)
    with pytest.raises(SettingsError, match="set CBM_PLATFORMS_OLD_ONE_CATALOGUE_URL"):
        read.service("old-one")
    assert read.service("old-one", "http://mirror").catalogue_url == "http://mirror"


def test_clear_classes() -> None:
    assert Settings().clear_scl() == (4, 5, 6, 7)
    assert Settings(clear_classes=" 4, 5 ,").clear_scl() == (4, 5)
    assert Settings(clear_classes="").clear_scl() == ()
    with pytest.raises(SettingsError, match="no list of SCL classes"):
        Settings(clear_classes="4;5").clear_scl()


def test_latencies_by_card() -> None:
    read = Settings(bs_latency_hours=1, c6_latency_hours=2, s2_latency_hours=3)
    hours = {card: read.latency(card) / timedelta(hours=1) for card in ("bs", "c6", "c12", "s2")}
    assert hours == {"bs": 1, "c6": 2, "c12": 2, "s2": 3}


def test_latency_and_age_are_also_the_platforms_own(tmp_path: Path) -> None:
    file = tmp_path / "cbm.toml"
    file.write_text(
        "bs_latency_hours = 40\ngap_give_up_days = 20\n"
        "[platforms.creodias]\nbs_latency_hours = 7\nc6_give_up_days = 3\n"
    )
    there = settings({"CBM_PLATFORM": "creodias"}, file)
    assert there.latency("bs") == timedelta(hours=7)
    assert there.latency("s2") == timedelta(hours=36)
    assert [there.give_up(card).days for card in ("bs", "c6", "c12", "s2")] == [20, 3, 3, 20]
    elsewhere = settings({}, file)
    assert elsewhere.latency("bs") == timedelta(hours=40)
    assert elsewhere.give_up("c6") == timedelta(days=20)
    known = {"CBM_PLATFORMS_CDSE_S2_LATENCY_HOURS": "9"}
    assert settings(known, file).latency("s2") == timedelta(hours=9)


def test_the_password_of_the_database_is_not_shown() -> None:
    assert "secret" not in repr(Settings(database_url="postgresql://cbm:secret@host/cbm"))


def test_every_setting_has_a_default_and_a_help_text() -> None:
    assert defaults()["http_attempts"] == (6, "tries before a platform is given up")
    assert all(text for _, text in defaults().values())
