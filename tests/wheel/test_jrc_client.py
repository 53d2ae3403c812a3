"""JRC's own client, from its package, in an environment of its own, against the window."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from notebook_season import build
from served import served
from window_host import READER

from dias_cbm.db.connection import Connection
from dias_cbm.window import keys

UV = Path(sys.executable).with_name("uv")
#: The versions that the client works with; see docs/window.md.
PACKAGES = ("cbm==0.0.18", "pandas<2", "numpy<2", "matplotlib<3.9", "setuptools<81")

NOTEBOOK = """
import json, sys
import matplotlib
matplotlib.use("Agg")
import numpy as np
import rasterio
import cbm
from cbm.utils import config

url, user, password = sys.argv[1:]
cbm.set_api_account(url, user, password)
config.set_value(["set", "data_source"], "api")
place = "dk", 2018
told = {}
info = cbm.get.parcel_info.by_pid(*place, "4711")
told["pid"], told["crop"], told["area"] = info["pid"], info["cropname"], info["area"]
there = info["clon"][0], info["clat"][0]
told["there"] = cbm.get.parcel_info.by_location(*place, *there)["pid"]
corner = lambda x, y: f"{there[0] + x}_{there[1] + y}"
around = "-".join((corner(-0.001, -0.001), corner(0.001, -0.001), corner(0, 0.001)))
told["inside"] = json.loads(cbm.get.parcel_info.by_polygon(*place, around))["pids"]
told["unknown"] = cbm.get.parcel_info.by_pid(*place, "0")
for kind in ("s2", "bs", "c6"):
    found = cbm.get.time_series.by_pid(*place, "4711", kind)
    told[kind] = sorted(set(found["band"])), len(found["date_part"]), found["mean"][0]
told["weather"] = cbm.get.time_series.weather(*place, "4711")
told["peers"] = cbm.get.parcels_list.peers(*place, "4711")
figures = []
for draw, more in (("ndvi", {}), ("s2", {}), ("s1", {"tstype": "bs"}), ("s1", {"tstype": "c6"})):
    drawn = getattr(cbm.show.time_series, draw)("dk", "2018", "4711", view=False, **more)
    told.setdefault("drawn", []).append(sum(len(one.lines) for one in drawn.axes))
for _ in range(2):  # the second call joins the list of the first
    for band in ("B04", "B08"):
        cbm.get.chip_images.by_pid("dk", "2018", "4711", "2018-05-01", "2018-05-05", band, 200)
from pathlib import Path
chips = sorted(Path("temp").rglob("*.tif"))
told["chips"] = [one.name.split(".")[1:] for one in chips]
with rasterio.open(chips[0]) as image:
    told["pixels"] = image.read(1).tolist()
told["background"] = str(cbm.get.background.by_pid("dk", "2018", "4711"))
# As in JRC's documents on POST requests: the client itself has no call for them.
import requests
base = url.replace("http://", f"http://{user}:{password}@")
name = chips[0].name.split(".")[0]
wish = {"lon": there[0], "lat": there[1], "tiles": [name], "bands": ["B08", "B04"], "chipsize": 400}
posted = requests.post(base + "/query/rawChipsBatch", json=wish).json()
told["batch"] = [one.split(".")[-2] for one in posted["chips"]]
first = base + [one for one in posted["chips"] if one.endswith("B08.tif")][0]
with rasterio.open(first) as infrared, rasterio.open(first.replace("B08.tif", "B04.tif")) as red:
    told["of batch"] = [int(infrared.read(1)[0, 0]), int(red.read(1)[0, 0])]
wish = {"lon": there[0], "lat": there[1], "dates": ["2018-05-01", "2018-05-31"],
        "chipsize": 400, "plevel": "CARD-BS"}
told["radar"] = requests.post(base + "/query/rawS1ChipsBatch", json=wish).json()
Path("told.json").write_text(json.dumps(told))
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    venv = tmp_path_factory.mktemp("jrc") / "venv"
    for command in (
        [UV, "venv", "--quiet", "--python", sys.executable, venv],
        [UV, "pip", "install", "--quiet", "--python", venv / "bin/python", *PACKAGES],
    ):
        done = subprocess.run([str(one) for one in command], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    return venv / "bin/python"


def test_a_notebook_runs_unchanged(
    python: Path, connection: Connection, database: str, tmp_path: Path
) -> None:
    store = tmp_path / "eodata"
    store.mkdir()
    build(connection, store)
    _, key = keys.make(connection, READER, "notebook", days=1)
    connection.commit()
    place = {
        "CBM_PLATFORMS_LOCAL_STORE": f"files:{store}",
        "CBM_CHIPS_CACHE_FOLDER": str(tmp_path / "chips"),
    }
    plain = {name: value for name, value in os.environ.items() if not name.startswith("PY")}
    # It asks the package index for its newest version at each import, and goes on without.
    nobody = {"HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": "127.0.0.1"}
    with served(database, tmp_path, **place) as server:
        done = subprocess.run(
            [str(python), "-c", NOTEBOOK, server.address, "ana", key],
            cwd=tmp_path, env=plain | nobody, capture_output=True, text=True, timeout=300,
        )  # fmt: skip
        asked = server.asked
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads((tmp_path / "told.json").read_text())
    assert (told["pid"], told["crop"], told["area"]) == (["4711"], ["barley"], [10000.0])
    assert told["there"] == told["inside"] == ["4711"]
    assert told["unknown"] is None
    assert told["s2"][:2] == [["B02", "B03", "B04", "B05", "B08", "B11"], 12]
    assert told["s2"][2] == pytest.approx(500)
    assert told["bs"][:2] == [["VHb", "VVb"], 6]
    assert told["c6"][:2] == [["VHc", "VVc"], 6]
    assert told["weather"]["tmean"] == [11.5]
    assert told["peers"] == {"pid": ["4712"], "distance": [200.0]}
    assert min(told["drawn"]) > 0, told["drawn"]
    assert told["chips"] == [["B04", "tif"], ["B08", "tif"]]
    assert told["pixels"][0][0] == 3000 + 45 * 110 + 45
    fetched = [one for one in asked if one.startswith("/signed/") and "_200/" in one]
    assert len(fetched) == 4, asked
    assert told["batch"] == ["B08", "B04"]
    assert told["of batch"] == [4000 + 35 * 110 + 35, 3000 + 35 * 110 + 35]
    assert told["radar"] == {"dates": [], "chips": []}
