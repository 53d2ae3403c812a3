"""The address of a store, parsed from a platform's setting ``store``: kind, bucket and options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from dias_cbm.errors import SettingsError

#: Options by kind of store; those without a default are required.
_OPTIONS: Mapping[str, Mapping[str, str | None]] = {
    "s3": {
        "endpoint": "",
        "region": "",
        "path_style": "true",
        "requester_pays": "false",
        "anonymous": "false",
    },
    "swift": {
        "auth": None,
        "version": "",
        "project": "",
        "user_domain": "Default",
        "project_domain": "Default",
        "region": "",
        "storage_url": "",
    },
}


@dataclass(frozen=True, slots=True)
class Address:
    """The address of an object store.

    :param kind: ``s3`` or ``swift``.
    :param bucket: or container.
    :param prefix: of all keys, ending in ``/``; usually empty.
    """

    kind: str
    bucket: str
    prefix: str
    options: Mapping[str, str]

    def flag(self, name: str) -> bool:
        """Whether an option is set.

        :raises SettingsError: it is neither ``true`` nor ``false``.
        """
        value = self.options[name].lower()
        if value not in ("true", "false"):
            raise SettingsError(f"{name} is {value!r}, not true or false", subject=self.bucket)
        return value == "true"


def read_address(text: str, subject: str) -> Address:
    """Parse ``s3://BUCKET[/PREFIX]?endpoint=URL&region=...`` or ``swift://CONTAINER?auth=URL``.

    :param subject: the setting's name, for the message.
    :raises SettingsError: it does not have this form, or an option is unknown or missing.
    """
    try:
        parts = urlsplit(text)
    except ValueError:
        raise SettingsError("is not an address", subject=subject) from None
    known = _OPTIONS.get(parts.scheme)
    if known is None or not parts.netloc or "@" in parts.netloc:
        raise SettingsError(
            f"cannot open a store of the kind {parts.scheme!r}",
            subject=subject,
            hint="files:FOLDER, s3://BUCKET?endpoint=URL or swift://CONTAINER?auth=URL",
        )
    given = dict(parse_qsl(parts.query, keep_blank_values=True))
    unknown = sorted(set(given) - set(known))
    if unknown:
        names = ", ".join(sorted(known))
        raise SettingsError(f"unknown option {unknown[0]}", subject=subject, hint=f"one of {names}")
    missing = [name for name, default in known.items() if default is None and not given.get(name)]
    if missing:
        raise SettingsError(f"lacks the option {missing[0]}", subject=subject)
    defaults = {name: default or "" for name, default in known.items()}
    prefix = parts.path.strip("/")
    return Address(
        parts.scheme, parts.netloc, f"{prefix}/" if prefix else "", {**defaults, **given}
    )
