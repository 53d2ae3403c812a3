"""A small on-demand production service for tests: replies shaped as recorded, faults in front."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

WORKFLOWS = [
    {"Id": 1, "Name": "sen2cor", "WorkflowVersion": "2.10", "OutputProductType": "S2MSI2A"},
    {"Id": 2, "Name": "card_bs", "WorkflowVersion": "3.6.2", "OutputProductType": "CARD-BS"},
    {"Id": 3, "Name": "card_bs", "WorkflowVersion": "3.10.0", "OutputProductType": "CARD_BS"},
    {"Id": 4, "Name": "coh", "WorkflowVersion": "1.0", "OutputProductType": "CARD-COH6"},
]


@dataclass
class OrderPlace:
    """The service's orders.

    :param faults: played once each, in turn, on the requests whose path begins so: a status code;
        ``hang``; ``swallow``, which does the work and sends no reply; ``break``, which sends half.
    :param locations: where the product of an input is, by its name without ``.SAFE``.
    :param names: names of products that are not the usual ones, by their input.
    :param packed: products that are in no store, zipped, by their input.
    """

    orders: list[dict[str, Any]] = field(default_factory=list)
    faults: list[tuple[str, int | str]] = field(default_factory=list)
    locations: dict[str, str] = field(default_factory=dict)
    packed: dict[str, bytes] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    accounts: list[str | None] = field(default_factory=list)

    def answer(self, method: str, address: str, body: Any) -> tuple[int, Any]:
        parts = urlsplit(unquote(address))
        path = parts.path.removeprefix("/odata/v1/")
        self.asked.append(f"{method} {path}")
        if path == "Workflows":
            return 200, {"value": WORKFLOWS}
        if (method, path) == ("POST", "ProductionOrder/OData.CSC.Order"):
            return self._place(body)
        if path == "ProductionOrders":
            name = re.fullmatch(r"Name eq '(.*)'", parse_qs(parts.query)["$filter"][0])
            assert name
            return 200, {"value": [one for one in self.orders if one["Name"] == name[1]]}
        found = re.fullmatch(r"ProductionOrders?\((\w+)\)(/Product(?:/\$value)?)?", path)
        order = next((o for o in self.orders if found and o["Id"] == found[1]), None)
        if order is None:
            return 404, {"detail": "not found"}
        if found and found[2]:
            name = order["_input"]
            if found[2].endswith("$value"):
                return 200, self.packed[name]
            place = {"S3Path": self.locations[name]} if name in self.locations else {}
            return 200, {"value": {"Name": self.names.get(name, f"{name}_CARD_BS")} | place}
        return 200, {"@odata.context": "#metadata/Odata.CSC.ProductionOrder", "value": order}

    def _place(self, body: Any) -> tuple[int, Any]:
        if body["WorkflowName"] not in {one["Name"] for one in WORKFLOWS}:
            return 422, {"detail": "unknown workflow"}
        reference = body["InputProductReference"]["Reference"]
        if not reference.endswith(".SAFE") or "refused" in body["Name"]:
            return 422, {"detail": [{"loc": ["body"], "msg": "bad reference"}]}
        order = {
            "Name": body["Name"],
            "Priority": body["Priority"],
            "WorkflowName": body["WorkflowName"],
            "NotificationEndpoint": None,
            "WorkflowOptions": body.get("WorkflowOptions", []),
            "Id": str(1374977 + len(self.orders)),
            "Status": "queued",
            "SubmissionDate": "2024-02-09T09:58:45.365Z",
            "EstimatedDate": None,
            "WorkflowId": 3,
            "_input": reference.removesuffix(".SAFE"),
        }
        self.orders.append(order)
        return 201, {"@odata.context": "#metadata/Odata.CSC.ProductionOrder", "value": order}

    def fault(self, method: str, path: str) -> int | str | None:
        if self.faults and f"{method} {path}".startswith(self.faults[0][0]):
            return self.faults.pop(0)[1]
        return None


@contextmanager
def serving(place: OrderPlace) -> Iterator[str]:
    """The service on a free port of 127.0.0.1; gives its base URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._reply("GET", None)

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            self._reply("POST", json.loads(self.rfile.read(length)))

        def _reply(self, method: str, body: Any) -> None:
            place.accounts.append(self.headers.get("Authorization"))
            path = urlsplit(self.path).path.removeprefix("/odata/v1/")
            fault = place.fault(method, path)
            if fault == "hang":
                time.sleep(2)
                self.close_connection = True
                return
            if isinstance(fault, int):
                code, answer = fault, {"detail": "played"}
            else:
                code, answer = place.answer(method, self.path, body)
            if fault == "swallow":
                self.close_connection = True
                return
            kind = "application/json"
            if isinstance(answer, bytes):
                kind, content = "application/octet-stream", answer
            else:
                content = json.dumps(answer).encode()
            self.send_response(code)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if fault == "break":
                content, self.close_connection = content[: len(content) // 2], True
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/odata/v1"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
