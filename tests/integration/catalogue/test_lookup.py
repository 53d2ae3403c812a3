"""One product of the local DIAS, by its name."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import pytest

from dias_cbm.catalogue.lookup import find_by_name
from dias_cbm.errors import BadQuery

NAME = "S1A_IW_GRDH_1SDV_20180511T053956_20180511T054021_021853_025B9C_1234_CARD_BS"


def entry(product_id: str, published: str) -> dict[str, object]:
    return {
        "Id": product_id,
        "Name": NAME,
        "ContentDate": {"Start": "2018-05-11T05:39:56Z", "End": "2018-05-11T05:40:21Z"},
        "PublicationDate": published,
        "S3Path": f"/eodata/{NAME}",
        "GeoFootprint": {
            "type": "Polygon",
            "coordinates": [[[9, 56], [10, 56], [10, 57], [9, 56]]],
        },
        "Checksum": [],
        "Attributes": [],
    }


def test_the_latest_of_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = parse_qs(urlsplit(self.path).query)["$filter"][0]
            asked.append(wanted)
            found = [entry("old", "2018-05-12T00:00:00Z"), entry("new", "2018-05-13T00:00:00Z")]
            body = json.dumps({"value": found if NAME in wanted else []}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        url = f"http://127.0.0.1:{server.server_port}/odata/v1"
        monkeypatch.setenv("CBM_PLATFORMS_LOCAL_CATALOGUE_URL", url)
        found = find_by_name("local", f"{NAME}.SAFE")
        assert found is not None
        assert (found.product_id, found.location) == ("new", f"/eodata/{NAME}")
        assert asked == [f"(Name eq '{NAME}' or Name eq '{NAME}.SAFE')"]
        assert find_by_name("local", "S2A_nothing") is None
        with pytest.raises(BadQuery):
            find_by_name("local", "x' or 1 eq 1")
    finally:
        server.shutdown()
        server.server_close()
