"""Atom documents."""

from __future__ import annotations

from lxml import etree

ATOM = "http://www.w3.org/2005/Atom"
GML = "http://www.opengis.net/gml"
DIAS = "http://mundi/DIAS"
EO = "http://a9.com/-/spec/opensearch/extensions/eo/1.0/"
OPENSEARCH = "http://a9.com/-/spec/opensearch/1.1/"
GEORSS = "http://www.georss.org/georss"


def document(root: etree._Element) -> bytes:
    """A document as it goes over the wire."""
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))
