"""XML from a platform: what it refers to is not read, and what explodes is an error of ours."""

import httpx
import pytest

from dias_cbm.errors import Unavailable
from dias_cbm.transport.http import Client, Timing, TokenBucket

_ENTITIES = "".join(
    f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)


def client(body: bytes, media: str = "application/atom+xml") -> Client:
    reply = httpx.Response(200, headers={"Content-Type": media}, content=body)
    return Client(
        "here",
        attempts=1,
        bucket=TokenBucket(1e9),
        timing=Timing(sleep=lambda _: None),
        transport=httpx.MockTransport(lambda _: reply),
    )


def test_a_file_of_ours_is_not_read_into_a_reply() -> None:
    body = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'
    root = client(body).get_xml("http://here/")
    assert "".join(root.itertext(tag="a")) == ""


@pytest.mark.parametrize(
    "body",
    [
        f'<!DOCTYPE l [<!ENTITY a "aaaaaaaaaa">{_ENTITIES}]><l b="&i;">&i;</l>'.encode(),
        b"<a>" * 5000 + b"</a>" * 5000,
        b"<a><b></a>",
        b"",
        b'{"json": true}',
    ],
    ids=["entities", "depth", "mismatch", "empty", "json"],
)
def test_what_is_no_usable_xml_is_unavailable(body: bytes) -> None:
    with pytest.raises(Unavailable, match="body is not XML"):
        client(body).get_xml("http://here/")


def test_a_page_for_people_is_no_xml() -> None:
    with pytest.raises(Unavailable, match="instead of XML"):
        client(b"<html/>", "application/xhtml+xml").get_xml("http://here/")
