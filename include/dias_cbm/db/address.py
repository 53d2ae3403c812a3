"""The address of the database, checked before libpq sees it.

libpq quotes what it cannot parse in its errors, a password included.
"""

from __future__ import annotations

import re

from dias_cbm.errors import SettingsError

#: A host name or address, or a folder of sockets.
_HOST = re.compile(r"[\w.:%-]*|[/@][^@]*")
_PORT = re.compile(r"\d{0,5}")
_URL = re.compile(r"postgres(?:ql)?://(?P<authority>[^/?#]*)(?P<rest>.*)", re.DOTALL)
_HINT = "postgresql://USER:PASSWORD@HOST/DATABASE; in a password write @ / ? # % [ as %40 %2F ..."


def parse(url: str) -> dict[str, str]:
    """The parts of an address, by libpq's names.

    :param url: an address, or libpq's ``name=value`` pairs.
    :raises SettingsError: not an address; the message omits it, as it may contain a password.
    """
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    try:
        parts = {name: str(value) for name, value in conninfo_to_dict(url).items() if value}
    except psycopg.Error:
        raise _refusal() from None
    hosts = (parts.get("host", "") + "," + parts.get("hostaddr", "")).split(",")
    ports = parts.get("port", "").split(",")
    sound = all(_HOST.fullmatch(one) for one in hosts) and all(_PORT.fullmatch(p) for p in ports)
    address = _URL.fullmatch(url)
    if address is None:
        # Pairs; a URL of another kind is not one, although libpq may take it for a name.
        sound = sound and "://" not in url.partition("=")[0]
    elif "@" in address["rest"].partition("?")[0] or (
        "@" in address["rest"] and "@" not in address["authority"]
    ):
        # A password with / ? or # would end the host's part, and its rest be a name or an option.
        sound = False
    if not sound:
        raise _refusal()
    return parts


def _refusal() -> SettingsError:
    return SettingsError("not an address of PostgreSQL", subject="database.url", hint=_HINT)
