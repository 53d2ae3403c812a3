"""A simulated annotation with what eos-sar reads of it beside what the engine reads."""

from __future__ import annotations

from pathlib import Path

from lxml import etree

_PULSE = "generalAnnotation/downlinkInformationList/downlinkInformation/downlinkValues"
#: Elements that eos-sar asks for, though the coherence does not depend on them.
_TEXTS = {
    "imageAnnotation/imageInformation/sliceNumber": "1",
    "imageAnnotation/processingInformation/dcMethod": "Data Analysis",
    f"{_PULSE}/txPulseRampRate": "1.078e12",
    f"{_PULSE}/pri": "5.8e-4",
    f"{_PULSE}/rank": "9",
}
#: Its reader tells lists of numbers by their attribute.
_LISTS = ("azimuthFmRatePolynomial", "dataDcPolynomial", "firstValidSample", "lastValidSample")


def complete(file: Path) -> None:
    """Add to an annotation what eos-sar reads."""
    root = etree.fromstring(file.read_bytes(), etree.XMLParser(resolve_entities=False))
    image = "imageAnnotation/imageInformation"
    start = root.findtext(f"{image}/productFirstLineUtcTime")
    interval = float(root.findtext(f"{image}/azimuthTimeInterval"))
    texts = {
        "adsHeader/startTime": start,
        f"{image}/ascendingNodeTime": start,
        f"{image}/azimuthFrequency": repr(1 / interval),
        **_TEXTS,
    }
    for path, text in texts.items():
        _put(root, path, text)
    etree.SubElement(root.find(image), "sliceList", count="1")
    for name in _LISTS:
        for element in root.iter(name):
            element.set("count", str(len((element.text or "").split())))
    for burst in root.iter("burstId"):
        burst.set("absolute", burst.text or "")
    file.write_bytes(etree.tostring(root))


def _put(root: etree._Element, path: str, text: str) -> None:
    for tag in path.split("/"):
        below = root.find(tag)
        root = etree.SubElement(root, tag) if below is None else below
    root.text = text
