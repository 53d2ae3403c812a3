"""Environments of calls: services as they should not be, and odd settings."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from dias_cbm.config.platforms import KNOWN, MADE, stem
from dias_cbm.config.schema import Entry, entries, platform_entries
from dias_cbm.config.settings import Settings

#: Values that a setting may not have, or that nobody meant.
ODD_VALUES = (
    "", " ", "x", "nan", "-inf", "inf", "-1", "0", "1e308", "99999999999999999999", "1.5", "true",
    "[", "[[]]", '{"a": 1}', "a,,b", ",", "\udcff", "æ\u2028ø", "a\nb", "/dev/null",
    "/proc/self/mem", "http://[", "http://127.0.0.1:1/", "ftp://127.0.0.1", "'\"\\", "%s{0}",
    "x" * 5000,
)  # fmt: skip

#: Addresses with a password in them, for settings that are addresses.
WITH_PASSWORD = (
    "postgresql://u:hushhush@[/d", "http://u:hushhush@127.0.0.1:1/", "http://u:hushhush@[::1/",
    "http://127.0.0.1:1/?token=hushhush", "s3://bucket?endpoint=http://u:hushhush@127.0.0.1:1/",
)  # fmt: skip

#: Contents of a settings file that is none, or says something else.
ODD_FILES: Mapping[str, bytes] = {
    "not_toml": b"platform: local\n",
    "cut": b'[http\ntimeout_s = "',
    "noise": bytes(range(256)),
    "latin1": 'platform = "\xf8"\n'.encode("latin1"),
    "utf16": 'platform = "local"\n'.encode("utf-16"),
    "bom": b'\xef\xbb\xbfplatform = "local"\n',
    "nul": b'platform = "\\u0000"\n',
    "nul_folder": b'[store]\ncache_folder = "a\\u0000b"\n',
    "nul_database": b'[database]\nurl = "postgresql://u:hushhush@127.0.0.1/\\u0000"\n',
    "array": b"http = []\n",
    "tables": b"[[http]]\ntimeout_s = 1\n",
    "text_for_table": b'platforms = "cdse"\n',
    "platform_list": b"[platforms]\ncdse = [1]\n",
    "date": b"platform = 2018-05-11\n",
    "deep": b"platform = " + b"[" * 5000,
    "twice": b'platform = "local"\nplatform = "cdse"\n',
    "unknown": b"hushed = 1\n[htp]\ntimeout_s = 1\n",
    "secret": b'[database]\nurl = ["hushhush"]\n[platforms.local]\nstore_secret = 3\n',
    "secret_table": b'[platforms.local.store_secret]\ns3cr3tkey = "s3cr3tkey"\n',
}


def environment(port: int, database: str | None) -> dict[str, str]:
    """One in which every service of every platform is at this port.

    :param database: address of the database; None for none.
    """
    url = f"http://127.0.0.1:{port}/"
    chosen = {
        "CBM_AIRFLOW_URL": url,
        "CBM_HTTP_ATTEMPTS": "1",
        "CBM_HTTP_TIMEOUT_S": "0.5",
        "CBM_PLATFORM": "local",
    }
    for platform in KNOWN:
        start = stem(platform)
        chosen[f"{start}CATALOGUE_URL"] = url
        chosen[f"{start}STORE_USER"] = "user"
        chosen[f"{start}STORE_SECRET"] = "s3cr3tkey"
        if platform != MADE:
            chosen[f"{start}STORE"] = f"s3://bucket?endpoint={url}"
        if KNOWN[platform].token_url:
            chosen[f"{start}TOKEN_URL"] = url
        if KNOWN[platform].order_url:
            chosen[f"{start}ORDER_URL"] = url
    if database is not None:
        chosen["CBM_DATABASE_URL"] = database
    return chosen


def closed_database(port: int) -> str:
    """The address of a database at a port; libpq waits for two seconds at least."""
    return f"postgresql://cbm:hushhush@127.0.0.1:{port}/cbm?connect_timeout=2"


def every_setting() -> list[Entry]:
    """Every setting, with those of one platform."""
    return [*entries(Settings), *platform_entries(["local"])]


def values_of(setting: Entry) -> Sequence[str]:
    """Odd values for a setting."""
    is_address = setting.kind is str and re.search("url|store|source", setting.name)
    return (*ODD_VALUES, *WITH_PASSWORD) if is_address else ODD_VALUES


def odd_files(folder: Path) -> list[Path]:
    """Settings files that cannot be used, or hold what they should not."""
    folder.mkdir()
    for name, content in ODD_FILES.items():
        (folder / f"{name}.toml").write_bytes(content)
    (folder / "folder.toml").mkdir()
    (folder / "loop.toml").symlink_to("loop.toml")
    odd = ["folder.toml", "loop.toml", "missing.toml"]
    return [*(folder / f"{name}.toml" for name in ODD_FILES), *(folder / name for name in odd)]
