"""Precedence, types, origins, and what an error names."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from dias_cbm.config.names import OTHER_VARIABLES, RENAMED, variable
from dias_cbm.config.schema import entries, platform_entries
from dias_cbm.config.settings import Settings, reading, settings
from dias_cbm.config.tables import Completeness, Database
from dias_cbm.errors import SettingsError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "cbm.toml"


def test_environment_over_file_over_default(file: Path) -> None:
    file.write_text('platform = "creodias"\n[http]\nattempts = 3\n')
    read = settings({"CBM_HTTP_ATTEMPTS": "9"}, file)
    assert (read.platform, read.http.attempts) == ("creodias", 9)
    assert read.extraction.stripe_rows == 256


def test_the_file_is_named_by_the_environment(file: Path) -> None:
    file.write_text("[http]\nattempts = 3\n")
    assert settings({"CBM_CONFIG": str(file)}).http.attempts == 3


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
        ("[http]\natempts = 3", r"unknown setting http\.atempts \(did you mean http\.attempts\?\)"),
        ("[htpt]\nattempts = 3", "unknown setting htpt"),
        ("platfrom = 'x'", r"did you mean platform\?"),
        ("http = 3", "http must be a table"),
        ("[http]\nattempts = 2.5", r"toml:2: http\.attempts: 2\.5 is not a whole number"),
        ("[http]\nattempts = true", "True is not a whole number"),
        ("[http]\nattempts = '3'", "'3' is not a whole number"),
        ("[http]\nattempts = 0", "0 is not positive"),
        ("[http]\nrequests_per_s = 0.0", "0.0 is not positive"),
        ("[card]\nc6_common_band = 50.0", "50.0 is not a share from 0 to 1"),
        ("[http]\ntimeout_s = -1", "-1 is out of range"),
        ("[http]\ntimeout_s = nan", "nan is out of range"),
        ("[http]\ntimeout_s = inf", "inf is out of range"),
        ("[card]\nbs_engines = 'snap'", "'snap' is not a list"),
        ("[card]\nbs_engines = []", r"empty list \(use ready, order, snap or embedded\)"),
        ("[card]\nbs_engines = ['sen2cor']", "use ready, order, snap or embedded"),
        ("[card]\ns2_engines = ['snap']", "use ready, order, sen2cor or embedded"),
        ("[card]\ndem_datum = 'egm'", "use egm2008, egm96 or ellipsoid"),
        ("[extraction]\ns2_bands = ['B2']", "'B2' is not available .use B01, B02"),
        ("[extraction]\nclear_classes = [4, 12]", "12 is not available"),
        ("[extraction]\npixel_rule = 'all'", "use centre or coverage"),
        ("platform = 5", "5 is not a text"),
        ("platform = 'mars'", "unknown platform 'mars' .one of cdse, cdse-resto"),
        ("extra_platforms = ['cdse', 'mars']", "toml:1: extra_platforms: unknown platform 'mars'"),
        ("[order]\nplatform = 'mars'", r"toml:2: order\.platform: unknown platform 'mars'"),
        ("platform = ", "not TOML"),
        ("platforms = 3", "platforms must be a table"),
        ("[platforms]\ncdse = 3", "platforms.cdse must be a table"),
        ("[platforms.cdse]\nstor = 'x'", r"did you mean platforms\.cdse\.store"),
        ("[platforms.cdse]\nclosed = 'perhaps'", "'perhaps' is not true or false"),
        ("[platforms.cdse]\nclosed = 1", "1 is not true or false"),
        ("database_url = 'x'", r"database_url is now url in \[database\]"),
        ("search_also = 'cdse'", "search_also is now extra_platforms"),
        ("sen2cor = '/opt/L2A'", r"sen2cor is now l2a_process in \[sen2cor\]"),
        ("pg_port = 5", "CBM_PG_PORT"),
    ],
)
def test_a_mistake_is_named(file: Path, text: str, message: str) -> None:
    file.write_text(text)
    with pytest.raises(SettingsError, match=message):
        settings({}, file)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("CBM_PLATFROM", "mundi", r"CBM_PLATFROM: unknown setting .*did you mean CBM_PLATFORM\?"),
        ("CBM_PLATFORMS_CDSE_STOER", "x", "did you mean CBM_PLATFORMS_CDSE_STORE"),
        ("CBM_CONFIGS", "x", "did you mean CBM_CONFIG"),
        ("CBM_XYZ", "x", "cbm settings show"),
        ("CBM_MAX_ATTEMPTS", "3", "CBM_MAX_ATTEMPTS: is now CBM_EXTRACTION_ATTEMPTS"),
        ("CBM_SEARCH_ALSO", "x", "is now CBM_EXTRA_PLATFORMS"),
        ("CBM_PLATFORM", "mars", "CBM_PLATFORM: unknown platform 'mars'"),
        ("CBM_CARD_C6_ENGINES", "snap,sen2cor", "CBM_CARD_C6_ENGINES: 'sen2cor' is not available"),
        ("CBM_CARD_C6_ENGINES", " , ", "empty list"),
        ("CBM_HTTP_ATTEMPTS", "", "'' is not a whole number"),
        ("CBM_CARD_COG", "yes", "'yes' is not true or false"),
    ],
)
def test_a_mistake_in_the_environment_is_named(name: str, value: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        settings({name: value})


@pytest.mark.parametrize("name", RENAMED)
def test_every_old_name_leads_to_a_setting(name: str, file: Path) -> None:
    names = {entry.name for entry in entries(Settings)}
    assert RENAMED[name] in names
    file.write_text(f"{name} = 'x'")
    with pytest.raises(SettingsError, match=f"{name} is now "):
        settings({}, file)


@pytest.mark.parametrize("name", OTHER_VARIABLES)
def test_variables_of_others_are_let_through(name: str, file: Path) -> None:
    file.touch()
    assert settings({name: str(file)}) == Settings()


def test_addresses_that_kubernetes_puts_there_are_let_through() -> None:
    environ = {
        "CBM_API_SERVER_SERVICE_HOST": "10.0.0.1",
        "CBM_API_SERVER_SERVICE_PORT_HTTP": "8080",
        "CBM_WEB_PORT": "tcp://10.0.0.1:80",
        "CBM_WEB_PORT_80_TCP_ADDR": "10.0.0.1",
    }
    assert settings(environ) == Settings()
    with pytest.raises(SettingsError, match="CBM_WEB_PORT"):
        settings({"CBM_WEB_PORT": "80"})


def test_a_variable_is_made_of_table_and_name() -> None:
    assert variable("http.timeout_s") == "CBM_HTTP_TIMEOUT_S"
    assert variable("platforms.cdse-stac.store") == "CBM_PLATFORMS_CDSE_STAC_STORE"


def test_lists_are_lists_and_from_the_environment_comma_separated(file: Path) -> None:
    file.write_text("[extraction]\nclear_classes = [4, 5, 4]\ns2_indices = []\n")
    read = settings({"CBM_MAIL_TO": " a@b, c@d ,"}, file)
    assert read.mail.to == ("a@b", "c@d")
    assert read.extraction.clear_classes == (4, 5)
    assert read.extraction.s2_indices == ()


def test_an_empty_variable_takes_a_value_away(file: Path) -> None:
    file.write_text("[card]\ndem = '/dem'\n[extraction]\ns2_indices = ['NDVI']\n")
    read = settings({"CBM_CARD_DEM": "", "CBM_EXTRACTION_S2_INDICES": ""}, file)
    assert read.card.dem is None
    assert read.extraction.s2_indices == ()


def test_origins(file: Path) -> None:
    file.write_text(
        'platform = "creodias"\n\n[http]\n# attempts = 1\nattempts = 3\n'
        '[platforms."my-archive"]\nstore = "files:/mnt"\n'
    )
    read = reading({"CBM_MAIL_TO": "a@b"}, file)
    assert read.origin("platform").place == f"{file}:1"
    assert read.origin("http.attempts").place == f"{file}:5"
    assert read.origin("platforms.my-archive.store").place == f"{file}:7"
    assert (read.origin("mail.to").kind, read.origin("mail.to").place) == (
        "environment",
        "CBM_MAIL_TO",
    )
    assert read.origin("http.timeout_s").kind == "default"


def test_what_has_not_changed_is_not_read_again(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text("[http]\nattempts = 3\n")
    monkeypatch.setenv("CBM_CONFIG", str(file))
    first = settings()
    monkeypatch.setenv("UNRELATED", "1")
    assert settings() is first


def test_a_change_of_file_or_environment_is_seen(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text("[http]\nattempts = 3\n")
    monkeypatch.setenv("CBM_CONFIG", str(file))
    assert settings().http.attempts == 3
    file.write_text("[http]\nattempts = 4\n")
    os.utime(file, (1, 1))
    assert settings().http.attempts == 4
    monkeypatch.setenv("CBM_HTTP_ATTEMPTS", "5")
    assert settings().http.attempts == 5
    monkeypatch.delenv("CBM_HTTP_ATTEMPTS")
    assert settings().http.attempts == 4
    file.unlink()
    with pytest.raises(SettingsError, match="no such settings file"):
        settings()


def test_a_secret_is_not_in_an_error(file: Path) -> None:
    file.write_text("[platforms.cdse]\npassword = 12345\n")
    with pytest.raises(SettingsError) as caught:
        settings({}, file)
    assert "12345" not in str(caught.value)
    assert "platforms.cdse.password" in str(caught.value)


@pytest.mark.parametrize(
    "value", ["123456", "[123456]", "{ a = 123456 }", "'123456", "true 123456"]
)
def test_no_secret_setting_of_the_wrong_type_is_shown(file: Path, value: str) -> None:
    secrets = [one for one in (*entries(Settings), *platform_entries(["cdse"])) if one.secret]
    assert len(secrets) >= 5
    for one in secrets:
        file.write_text(f"[{one.table}]\n{one.key} = {value}\n")
        with pytest.raises(SettingsError) as caught:
            settings({}, file)
        assert "123456" not in str(caught.value)


def test_a_whole_number_will_do_for_seconds(file: Path) -> None:
    file.write_text("[http]\ntimeout_s = 5\n")
    assert settings({}, file).http.timeout_s == 5.0


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


def test_latencies_by_card() -> None:
    read = Settings(completeness=Completeness(1, 2, 3))
    hours = {card: read.latency(card) / timedelta(hours=1) for card in ("bs", "c6", "c12", "s2")}
    assert hours == {"bs": 1, "c6": 2, "c12": 2, "s2": 3}


def test_latency_and_age_are_also_the_platforms_own(tmp_path: Path) -> None:
    file = tmp_path / "cbm.toml"
    file.write_text(
        "[completeness]\nbs_latency_hours = 40\ngive_up_days = 20\n"
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
    assert "secret" not in repr(Settings(database=Database("postgresql://cbm:secret@host/cbm")))


def test_simulated_platforms_are_told_by_a_flag() -> None:
    assert settings({}).simulated_platforms() == ()
    environ = {"CBM_PLATFORMS_LOCAL_SIMULATED": "true"}
    assert settings(environ).simulated_platforms() == ("local",)
