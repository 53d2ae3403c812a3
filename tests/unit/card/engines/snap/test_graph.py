"""The graphs: every parameter said, in the words of the installed version."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree

from dias_cbm.card.engines.snap import templates
from dias_cbm.card.engines.snap.graph import Graph, digest
from dias_cbm.card.engines.snap.operators import OPERATORS
from dias_cbm.card.engines.snap.templates import Elevation

DUAL = ("VV", "VH")


def newest(operator: str) -> frozenset[str]:
    return OPERATORS[operator].known | OPERATORS[operator].newer


def oldest(operator: str) -> frozenset[str]:
    return OPERATORS[operator].known


def backscatter(source: str = "/in/a.zip", **options: object) -> bytes:
    known = options.pop("known", newest)
    return templates.backscatter(known, Path(source), Path("/out/x"), DUAL, Elevation(), **options)


def coherence(known=newest) -> bytes:
    paths = Path("/in/later.zip"), Path("/in/earlier.zip"), Path("/out/IW2")
    return templates.coherence(known, *paths, "IW2", DUAL, Elevation(Path("/dem.tif"), -9999))


def nodes(graph: bytes) -> dict[str, dict[str, str | None]]:
    return {
        node.get("id"): {one.tag: one.text for one in node.find("parameters")}
        for node in etree.fromstring(graph).iter("node")
    }


def chain(graph: bytes) -> list[str]:
    return [node.findtext("operator") for node in etree.fromstring(graph).iter("node")]


def test_backscatter_is_gamma0_over_the_ellipsoid() -> None:
    graph = backscatter()
    assert chain(graph) == [
        "Read",
        "Apply-Orbit-File",
        "ThermalNoiseRemoval",
        "Remove-GRD-Border-Noise",
        "Calibration",
        "Terrain-Correction",
        "Write",
    ]
    parameters = nodes(graph)
    calibration = parameters["Calibration"]
    wanted = {"outputGammaBand": "true", "outputBetaBand": "false", "outputSigmaBand": "false"}
    assert {name: calibration[name] for name in wanted} == wanted
    assert calibration["outputImageScaleInDb"] == "false"
    assert parameters["ThermalNoiseRemoval"]["clipNegativeValues"] == "false"
    geocoded = parameters["Terrain-Correction"]
    assert (geocoded["pixelSpacingInMeter"], geocoded["alignToStandardGrid"]) == ("10.0", "true")
    assert geocoded["demName"] == "Copernicus 30m Global DEM"
    assert parameters["Write"] == {"file": "/out/x.dim", "formatName": "BEAM-DIMAP"}


def test_flattening_goes_from_beta0() -> None:
    graph = backscatter(flattening=True)
    assert chain(graph)[4:6] == ["Calibration", "Terrain-Flattening"]
    assert nodes(graph)["Calibration"]["outputBetaBand"] == "true"
    assert nodes(graph)["Calibration"]["outputGammaBand"] == "false"


def test_coherence_of_a_sub_swath() -> None:
    graph = coherence()
    assert chain(graph) == [
        *("Read", "TOPSAR-Split", "Apply-Orbit-File") * 2,
        "Back-Geocoding",
        "Coherence",
        "TOPSAR-Deburst",
        "Write",
    ]
    parameters = nodes(graph)
    window = parameters["Coherence"]
    assert (window["cohWinAz"], window["cohWinRg"]) == ("3", "10")
    for name in ("squarePixel", "correctCoherenceBias", "removeLocalPhaseRamp"):
        assert window[name] == "false"
    assert window["subtractFlatEarthPhase"] == window["subtractTopographicPhase"] == "true"
    assert parameters["Back-Geocoding"]["externalDEMFile"] == "/dem.tif"
    assert parameters["Back-Geocoding"]["externalDEMNoDataValue"] == "-9999"
    # The reference comes first.
    sources = etree.fromstring(graph).find("node[@id='Back-Geocoding']/sources")
    assert [(one.tag, one.get("refid")) for one in sources] == [
        ("sourceProduct", "Apply-Orbit-File(1)"),
        ("sourceProduct.1", "Apply-Orbit-File(2)"),
    ]
    assert parameters["Read(1)"]["file"] == "/in/later.zip"


def test_merged_swaths_are_geocoded_at_20_m() -> None:
    parts = [Path(f"/out/{swath}") for swath in templates.SWATHS]
    graph = templates.merged(newest, parts, Path("/out/c"), DUAL, Elevation())
    assert chain(graph) == ["Read"] * 3 + ["TOPSAR-Merge", "Terrain-Correction", "Write"]
    assert nodes(graph)["Terrain-Correction"]["pixelSpacingInMeter"] == "20.0"


@pytest.mark.parametrize("known", [oldest, newest])
def test_every_parameter_of_the_installed_version_and_no_other(known) -> None:
    for graph in (backscatter(known=known, flattening=True), coherence(known)):
        for node in etree.fromstring(graph).iter("node"):
            given = {one.tag for one in node.find("parameters")}
            assert given == known(node.findtext("operator")), node.get("id")


def test_a_forgotten_or_strange_parameter_is_a_defect() -> None:
    graph = Graph(newest)
    with pytest.raises(ValueError, match=r"missing.*polyDegree"):
        graph.add("Apply-Orbit-File", orbitType="x", continueOnFail=True)
    with pytest.raises(ValueError, match=r"unknown.*'colour'"):
        graph.add("Read", file="x", formatName="y", colour="red")


def test_the_digest_tells_graphs_apart_and_not_files() -> None:
    assert digest(backscatter("/in/a.zip")) == digest(backscatter("/in/b.zip"))
    assert digest(backscatter()) != digest(backscatter(flattening=True))
    assert digest(backscatter()) != digest(backscatter(known=oldest))
