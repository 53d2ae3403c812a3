"""The graphs of CARD-BS and CARD-COH6.

CARD-BS: gamma0 over the ellipsoid in linear power, terrain corrected, without speckle filter; with
``flattening`` gamma0 over the terrain (Small 2011). CARD-COH: coherence of each sub-swath over 3
lines and 10 samples, merged, terrain corrected. Noise is removed without clipping what falls below
zero, which would raise the means of dark parcels.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dias_cbm.card.engines.snap.graph import Graph, Known

SWATHS = ("IW1", "IW2", "IW3")

ORBIT = "Sentinel Precise (Auto Download)"
COPERNICUS = "Copernicus 30m Global DEM"

#: Lines and samples over which coherence is estimated.
WINDOW = (3, 10)

_BILINEAR, _BICUBIC = "BILINEAR_INTERPOLATION", "BICUBIC_INTERPOLATION"
_ELLIPSOID = "Use incidence angle from Ellipsoid"


@dataclass(frozen=True, slots=True)
class Elevation:
    """The elevation model that SNAP uses.

    :param file: None for the Copernicus DEM, which SNAP downloads.
    :param nodata: of the file.
    :param geoid: whether the file's heights are over the geoid, not over the ellipsoid.
    """

    file: Path | None = None
    nodata: float = 0.0
    geoid: bool = True

    @property
    def name(self) -> str:
        """SNAP's name for it."""
        return "External DEM" if self.file else COPERNICUS

    def parameters(self, resampling: str | None = _BILINEAR, asks: bool = True) -> dict[str, Any]:
        """Parameters of an operator that uses heights.

        :param asks: whether it has a parameter for what a file's heights are over.
        """
        values: dict[str, Any] = {
            "demName": self.name,
            "externalDEMFile": self.file,
            "externalDEMNoDataValue": self.nodata,
        }
        if resampling:
            values["demResamplingMethod"] = resampling
        return values | ({"externalDEMApplyEGM": self.geoid} if asks else {})


def backscatter(
    known: Known,
    source: Path,
    output: Path,
    polarisations: Iterable[str],
    elevation: Elevation,
    *,
    flattening: bool = False,
) -> bytes:
    """GRD to gamma0 on a UTM grid of 10 m, written as BEAM-DIMAP.

    :param output: without ``.dim``.
    """
    graph, both = Graph(known), ",".join(polarisations)
    node = graph.add("Read", file=source, formatName="SENTINEL-1")
    node = _orbit(graph, node)
    node = graph.add(
        "ThermalNoiseRemoval",
        node,
        selectedPolarisations=both,
        removeThermalNoise=True,
        reIntroduceThermalNoise=False,
        outputNoise=False,
        clipNegativeValues=False,
    )
    node = graph.add(
        "Remove-GRD-Border-Noise",
        node,
        selectedPolarisations=both,
        borderLimit=500,
        trimThreshold=0.5,
    )
    node = graph.add(
        "Calibration",
        node,
        sourceBands=None,
        auxFile="Product Auxiliary File",
        externalAuxFile=None,
        outputImageInComplex=False,
        outputImageScaleInDb=False,
        createGammaBand=False,
        createBetaBand=False,
        selectedPolarisations=both,
        outputSigmaBand=False,
        outputGammaBand=not flattening,
        outputBetaBand=flattening,
    )
    if flattening:
        node = graph.add(
            "Terrain-Flattening",
            node,
            sourceBands=None,
            outputSimulatedImage=False,
            additionalOverlap=0.1,
            oversamplingMultiple=1.0,
            outputSigma0=False,
            nodataValueAtSea=False,
            **elevation.parameters(),
        )
    node = _geocode(graph, node, 10, elevation)
    graph.add("Write", node, file=output.with_suffix(".dim"), formatName="BEAM-DIMAP")
    return graph.xml()


def coherence(
    known: Known,
    reference: Path,
    secondary: Path,
    output: Path,
    swath: str,
    polarisations: Iterable[str],
    elevation: Elevation,
) -> bytes:
    """Coherence of one sub-swath of a pair of SLC, in radar geometry."""
    graph, both = Graph(known), ",".join(polarisations)
    split = []
    for number, source in enumerate((reference, secondary), start=1):
        name = f"({number})"
        node = graph.add("Read", name=name, file=source, formatName="SENTINEL-1")
        node = graph.add(
            "TOPSAR-Split",
            node,
            name=name,
            subswath=swath,
            selectedPolarisations=both,
            firstBurstIndex=1,
            lastBurstIndex=9999,
            wktAoi=None,
        )
        split.append(_orbit(graph, node, name))
    node = graph.add(
        "Back-Geocoding",
        *split,
        resamplingType="BISINC_5_POINT_INTERPOLATION",
        maskOutAreaWithoutElevation=False,
        outputRangeAzimuthOffset=False,
        outputDerampDemodPhase=False,
        disableReramp=False,
        **elevation.parameters(_BICUBIC, asks=False),
    )
    node = graph.add(
        "Coherence",
        node,
        cohWinAz=WINDOW[0],
        cohWinRg=WINDOW[1],
        subtractFlatEarthPhase=True,
        srpPolynomialDegree=5,
        srpNumberPoints=501,
        orbitDegree=3,
        squarePixel=False,
        subtractTopographicPhase=True,
        tileExtensionPercent=100,
        singleMaster=True,
        correctCoherenceBias=False,
        removeLocalPhaseRamp=False,
        **elevation.parameters(None),
    )
    node = graph.add("TOPSAR-Deburst", node, selectedPolarisations=both)
    graph.add("Write", node, file=output.with_suffix(".dim"), formatName="BEAM-DIMAP")
    return graph.xml()


def merged(
    known: Known,
    swaths: Iterable[Path],
    output: Path,
    polarisations: Iterable[str],
    elevation: Elevation,
) -> bytes:
    """The coherence of several sub-swaths on one UTM grid of 20 m.

    :param swaths: output of :func:`coherence`.
    """
    graph = Graph(known)
    parts = [
        graph.add(
            "Read", name=f"({number})", file=path.with_suffix(".dim"), formatName="BEAM-DIMAP"
        )
        for number, path in enumerate(swaths, start=1)
    ]
    node = parts[0]
    if len(parts) > 1:
        node = graph.add("TOPSAR-Merge", *parts, selectedPolarisations=",".join(polarisations))
    node = _geocode(graph, node, 20, elevation)
    graph.add("Write", node, file=output.with_suffix(".dim"), formatName="BEAM-DIMAP")
    return graph.xml()


def _orbit(graph: Graph, node: str, name: str = "") -> str:
    return graph.add(
        "Apply-Orbit-File", node, name=name, orbitType=ORBIT, polyDegree=3, continueOnFail=True
    )


def _geocode(graph: Graph, node: str, pixel: int, elevation: Elevation) -> str:
    return graph.add(
        "Terrain-Correction",
        node,
        sourceBands=None,
        imgResamplingMethod=_BILINEAR,
        pixelSpacingInMeter=float(pixel),
        pixelSpacingInDegree=0.0,
        mapProjection="AUTO:42001",  # the UTM zone of the scene's centre
        alignToStandardGrid=True,
        standardGridOriginX=0.0,
        standardGridOriginY=0.0,
        nodataValueAtSea=False,
        saveDEM=False,
        saveLatLon=False,
        saveIncidenceAngleFromEllipsoid=False,
        saveLocalIncidenceAngle=False,
        saveProjectedLocalIncidenceAngle=False,
        saveSelectedSourceBand=True,
        saveLayoverShadowMask=False,
        outputComplex=False,
        applyRadiometricNormalization=False,
        saveSigmaNought=False,
        saveGammaNought=False,
        saveBetaNought=False,
        incidenceAngleForSigma0=_ELLIPSOID,
        incidenceAngleForGamma0=_ELLIPSOID,
        auxFile="Latest Auxiliary File",
        externalAuxFile=None,
        **elevation.parameters(),
    )
