"""The operators that our graphs use, and the names of their parameters.

Names are from the sources of ESA's Microwave Toolbox (SNAP 8 to 13). A graph sets every one, so
that a default that changes between versions changes no product. Parameters of newer versions are
set where the installed one lists them, see
:func:`dias_cbm.card.engines.snap.gpt.Gpt.parameters`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Operator:
    """Names of an operator's parameters.

    :param known: in every version.
    :param newer: in newer versions only.
    """

    known: frozenset[str]
    newer: frozenset[str] = frozenset()


def _operator(known: str, newer: str = "") -> Operator:
    return Operator(frozenset(known.split()), frozenset(newer.split()))


_DEM = "demName demResamplingMethod externalDEMFile externalDEMNoDataValue"

OPERATORS: Mapping[str, Operator] = {
    "Read": _operator("file formatName"),
    "Write": _operator("file formatName"),
    "Apply-Orbit-File": _operator("orbitType polyDegree continueOnFail"),
    "ThermalNoiseRemoval": _operator(
        "selectedPolarisations removeThermalNoise reIntroduceThermalNoise",
        newer="outputNoise clipNegativeValues",
    ),
    "Remove-GRD-Border-Noise": _operator("selectedPolarisations borderLimit trimThreshold"),
    "Calibration": _operator(
        "sourceBands auxFile externalAuxFile outputImageInComplex outputImageScaleInDb"
        " createGammaBand createBetaBand selectedPolarisations outputSigmaBand outputGammaBand"
        " outputBetaBand"
    ),
    "Terrain-Flattening": _operator(
        f"{_DEM} sourceBands externalDEMApplyEGM outputSimulatedImage additionalOverlap"
        " oversamplingMultiple",
        newer="outputSigma0 nodataValueAtSea",
    ),
    "Terrain-Correction": _operator(
        f"{_DEM} sourceBands externalDEMApplyEGM imgResamplingMethod pixelSpacingInMeter"
        " pixelSpacingInDegree mapProjection alignToStandardGrid standardGridOriginX"
        " standardGridOriginY nodataValueAtSea saveDEM saveLatLon saveIncidenceAngleFromEllipsoid"
        " saveLocalIncidenceAngle saveProjectedLocalIncidenceAngle saveSelectedSourceBand"
        " outputComplex applyRadiometricNormalization saveSigmaNought saveGammaNought"
        " saveBetaNought incidenceAngleForSigma0 incidenceAngleForGamma0 auxFile externalAuxFile",
        newer="saveLayoverShadowMask",
    ),
    "TOPSAR-Split": _operator(
        "subswath selectedPolarisations firstBurstIndex lastBurstIndex", newer="wktAoi"
    ),
    "Back-Geocoding": _operator(
        f"{_DEM} resamplingType maskOutAreaWithoutElevation outputRangeAzimuthOffset"
        " outputDerampDemodPhase",
        newer="disableReramp",
    ),
    "Coherence": _operator(
        "cohWinAz cohWinRg subtractFlatEarthPhase srpPolynomialDegree srpNumberPoints orbitDegree"
        " squarePixel subtractTopographicPhase demName externalDEMFile externalDEMNoDataValue"
        " externalDEMApplyEGM tileExtensionPercent singleMaster",
        newer="correctCoherenceBias removeLocalPhaseRamp",
    ),
    "TOPSAR-Deburst": _operator("selectedPolarisations"),
    "TOPSAR-Merge": _operator("selectedPolarisations"),
}
