"""The frame around engines: what it makes is whole and found again; what fails leaves nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
import stand_in_makers
from card_products import BS_NAME
from shapely import MultiPolygon, box

from dias_cbm.card.engines import Job, LocalEngine, MakeOptions, Source, make_options, registry
from dias_cbm.card.engines.registry import Maker
from dias_cbm.card.planned import Planned
from dias_cbm.errors import (
    CardFailed,
    CorruptProduct,
    InconsistentProduct,
    PairError,
    SettingsError,
)
from dias_cbm.products.model import Product
from dias_cbm.products.provenance import PROVENANCE
from dias_cbm.scenes import Card, Kind, stem
from dias_cbm.storage.files import FileStore

GRD = BS_NAME.removesuffix("_CARD_BS")
SLC = [
    "S1A_IW_SLC__1SDV_20180511T053956_20180511T054021_021853_025B9C_1234",
    "S1B_IW_SLC__1SDV_20180505T053914_20180505T053941_010782_013B5E_5678",
]
START = datetime(2018, 5, 11, 5, 39, 56, tzinfo=UTC)
# 64 pixels of 10 m north-east of 9 E, 56.84 N: what the stand-in makes.
FOOTPRINT = MultiPolygon([box(9.0, 56.837, 9.0105, 56.8428)])


@pytest.fixture(autouse=True)
def makers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stand-ins instead of the true makers."""
    monkeypatch.setenv("PYTHONPATH", str(Path(stand_in_makers.__file__).parent))
    for card, name in ((Card.BS, "make_backscatter"), (Card.C6, "make_coherence")):
        found = Maker(f"stand_in_makers:{name}")
        monkeypatch.setitem(registry.MAKERS, ("embedded", card), found)  # type: ignore[arg-type]
    monkeypatch.setenv("CBM_CARD_FREE_GB", "0")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "products"


def job(
    folder: Path,
    kind: Kind = Kind.CARD_BS,
    names: tuple[str, ...] = (GRD,),
    footprint: MultiPolygon | None = None,
    **options: object,
) -> Job:
    scene = Planned(kind, BS_NAME, START, footprint)
    sources = tuple(Source(name, lambda _, name=name: Path(name)) for name in names)  # type: ignore[misc]
    return Job(scene, FileStore(folder), sources=sources, options=MakeOptions(folder, **options))  # type: ignore[arg-type]


def produce(folder: Path, **options: object) -> Product:
    return LocalEngine("embedded").produce(job(folder, **options))  # type: ignore[arg-type]


def left(folder: Path) -> list[str]:
    """What stands in the folder, but for the log."""
    return sorted(path.name for path in folder.iterdir() if path.suffix != ".log")


def test_made_whole_with_its_provenance(folder: Path, tmp_path: Path) -> None:
    shares: list[float] = []
    dem = tmp_path / "dem.tif"
    dem.touch()
    product = produce(folder, dem=dem, progress=shares.append, footprint=FOOTPRINT)
    assert Path(product.path) == folder / BS_NAME
    assert left(folder) == [BS_NAME]
    assert set(product.bands) == {"VV", "VH"}
    assert shares == [0.25, 0.5]
    kept = json.loads((folder / BS_NAME / PROVENANCE).read_text())
    sums = kept.pop("files")
    assert kept.items() <= product.attributes.items()
    # Of every file but its own; the ledger does not have them.
    assert f"{BS_NAME}.dim" in sums
    assert PROVENANCE not in sums
    assert "files" not in product.attributes
    assert (kept["engine"], kept["graph"], kept["dem"]) == ("embedded", "sha256:1", str(dem))
    assert kept["sources"] == [GRD]
    assert 0.8 < kept["coverage"]["VV"] <= 1
    assert kept["peak_mb"] > 10
    assert "a library's chatter" in (folder / f"{BS_NAME}.log").read_text()


def test_a_second_start_finds_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = produce(folder)
    monkeypatch.setenv(stand_in_makers.TROUBLE, "crash")
    assert produce(folder) == first


def test_a_product_of_other_options_is_not_taken_for_it(folder: Path) -> None:
    produce(folder)
    for options in ({"flattening": True}, {"layers": ("mask",)}, {"cog": True}):
        with pytest.raises(CardFailed, match="made for another request"):
            produce(folder, **options)


def test_of_several_at_once_one_makes_it_and_no_lock_is_left(folder: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        products = list(pool.map(lambda _: produce(folder), range(4)))
    assert all(product == products[0] for product in products)
    assert left(folder) == [BS_NAME]
    assert (folder / f"{BS_NAME}.log").read_text().count("chatter") == 1


def test_the_options_reach_the_maker(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dem = folder.with_name("dem.tif")
    dem.touch()
    pair = {"kind": Kind.CARD_COH6, "names": tuple(SLC)}
    chosen = produce(
        folder, dem=dem, datum="ellipsoid", esd=True, common_band=0.7, **pair
    ).attributes
    assert (chosen["datum"], chosen["esd"], chosen["band"]) == ("ellipsoid", True, 0.7)
    assert produce(folder / "plain", dem=dem).attributes["datum"] == "egm2008"
    monkeypatch.setenv("CBM_CARD_DEM_DATUM", "egm96")
    monkeypatch.setenv("CBM_CARD_C6_ESD", "true")
    monkeypatch.setenv("CBM_CARD_C6_COMMON_BAND", "0.6")
    asked = make_options(folder)
    assert (asked.datum, asked.esd, asked.common_band) == ("egm96", True, 0.6)
    monkeypatch.setenv("CBM_CARD_DEM_DATUM", "sea")
    with pytest.raises(SettingsError, match="DEM_DATUM"):
        make_options(folder)


def test_a_cog_is_another_product(folder: Path) -> None:
    produce(folder)
    with pytest.raises(CardFailed, match="another request"):
        produce(folder, cog=True)


def test_damaged_since_it_is_made_anew(folder: Path) -> None:
    produce(folder)
    image = next(folder.rglob("Gamma0_VH.img"))
    image.write_bytes(b"short")
    produce(folder)
    assert image.stat().st_size == 64 * 64 * 4


@pytest.mark.parametrize("text", ["[]", "null", "", '{"key": ['])
def test_a_product_of_others_beside_it_is_left_alone(folder: Path, text: str) -> None:
    beside = folder / "other" / PROVENANCE
    beside.parent.mkdir(parents=True)
    beside.write_text(text)
    produce(folder)
    assert left(folder) == [BS_NAME, "other"]


def test_what_a_killed_process_left_is_cleared_away(folder: Path) -> None:
    stale = folder / f".{BS_NAME}.work" / "half"
    stale.mkdir(parents=True)
    produce(folder)
    assert left(folder) == [BS_NAME]


@pytest.mark.parametrize(
    ("trouble", "error", "message"),
    [
        ("corrupt", CorruptProduct, "has no IW2"),
        ("crash", CardFailed, "exit code 3: first line . last words"),
        ("defect", CardFailed, "ZeroDivisionError: a defect"),
        ("no data", InconsistentProduct, "holds no data"),
        ("impossible values", InconsistentProduct, "values from 5e.07"),
    ],
)
def test_trouble_is_typed_and_leaves_nothing(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    trouble: str,
    error: type[Exception],
    message: str,
) -> None:
    monkeypatch.setenv(stand_in_makers.TROUBLE, trouble)
    with pytest.raises(error, match=message):
        produce(folder)
    assert left(folder) == []


def test_memory_is_limited(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(stand_in_makers.TROUBLE, "hog")
    monkeypatch.setenv("CBM_CARD_MEMORY_GB", "4")
    with pytest.raises(CardFailed, match=r"card\.memory_gb"):
        produce(folder)


def test_the_system_may_limit_memory_further() -> None:
    program = """
import resource
from dias_cbm.card.engines.sandbox_child import _limit_memory
resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
for gigabytes in (16, 4):
    _limit_memory(gigabytes << 30)
    print(resource.getrlimit(resource.RLIMIT_AS)[0] >> 30)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.split() == ["8", "4"], done.stderr


def test_time_is_limited(folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(stand_in_makers.TROUBLE, "hang")
    # On a busy machine it may not have come so far as to hang: then it is given more.
    for seconds in (3, 15, 60):
        monkeypatch.setenv("CBM_CARD_HOURS", str(seconds / 3600))
        with pytest.raises(CardFailed, match=r"card\.hours"):
            produce(folder)
        if left(folder):
            break
    assert left(folder) in ([], ["pid"])
    assert gone(int((folder / "pid").read_text()))


_PARENT = """
import sys
from pathlib import Path
from dias_cbm.card.engines.sandbox import SandboxLimits, run
run("stand_in_makers:make_backscatter", (Path("x"),),
    {"dem": None, "datum": "", "orbit": None, "target": Path(sys.argv[1]) / "w"},
    limits=SandboxLimits(600), log=Path(sys.argv[1]) / "log")
"""


def test_the_maker_dies_with_whoever_asked(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "w").mkdir(parents=True)
    monkeypatch.setenv(stand_in_makers.TROUBLE, "hang")
    parent = subprocess.Popen([sys.executable, "-c", _PARENT, str(folder)])
    try:
        until(lambda: (folder / "pid").exists() and bool((folder / "pid").read_text()))
    finally:
        parent.kill()
        parent.wait()
    assert gone(int((folder / "pid").read_text()))


def until(true: object, seconds: float = 60) -> bool:
    deadline = time.monotonic() + seconds
    while not true():  # type: ignore[operator]
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def gone(pid: int) -> bool:
    def ended() -> bool:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        return Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z"

    return until(ended, 20)


def test_elsewhere_than_the_catalogue_says(folder: Path) -> None:
    with pytest.raises(InconsistentProduct, match="outside its footprint"):
        produce(folder, footprint=MultiPolygon([box(20, 40, 21, 41)]))
    with pytest.raises(InconsistentProduct, match=r"over \d+% of the footprint"):
        produce(folder, footprint=MultiPolygon([box(9.0, 56.80, 9.1, 56.9)]))
    assert left(folder) == []


def test_another_kind_than_asked_for(folder: Path) -> None:
    with pytest.raises(InconsistentProduct, match="is a CARD_COH6, not a CARD_COH12"):
        produce(folder, kind=Kind.CARD_COH12, names=tuple(SLC))


def test_pairs_that_are_none_are_refused_before_anything_is_read(folder: Path) -> None:
    with pytest.raises(PairError):
        produce(folder, kind=Kind.CARD_COH6, names=(SLC[0], SLC[0]))


def test_no_room(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CBM_CARD_FREE_GB", "1e9")
    with pytest.raises(CardFailed, match="GB free"):
        produce(folder)
    assert left(folder) == []


def test_no_elevation_model(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    needy = Maker("stand_in_makers:make_backscatter", needs_dem=True)
    monkeypatch.setitem(registry.MAKERS, ("embedded", Card.BS), needy)  # type: ignore[arg-type]
    with pytest.raises(CardFailed, match="CBM_CARD_DEM"):
        produce(folder)
    with pytest.raises(CardFailed, match="does not exist"):
        produce(folder, dem=folder / "none.tif")


def test_an_engine_without_a_maker(folder: Path) -> None:
    with pytest.raises(CardFailed, match="does not make CARD_BS"):
        LocalEngine("nonsense").produce(job(folder))


def test_names_lose_their_endings() -> None:
    assert stem(f"{GRD}.SAFE") == GRD
