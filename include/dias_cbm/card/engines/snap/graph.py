"""A processing graph of SNAP as XML, with every parameter set."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

from lxml import etree

from dias_cbm.card.engines.snap.operators import OPERATORS

#: Names of the parameters that the installed version of an operator has.
Known = Callable[[str], frozenset[str]]


@dataclass(slots=True)
class Graph:
    """A graph under construction.

    :param known: returns the parameters that the installed SNAP lists for an operator.
    """

    known: Known
    _root: etree._Element = field(default_factory=lambda: _empty())
    _nodes: list[str] = field(default_factory=list)

    def add(self, operator: str, *sources: str, name: str = "", **parameters: object) -> str:
        """Add a node.

        :param sources: ids of the nodes that it reads.
        :param name: tells its id from those of other nodes of the operator.
        :param parameters: every one that the operator has; None for an empty one. Newer ones that
            the installed version does not know are left out.
        :returns: the node's id.
        :raises ValueError: one is missing, or the operator has no such parameter.
        """
        names = OPERATORS[operator]
        missing = names.known - set(parameters) | (names.newer - set(parameters))
        strange = set(parameters) - names.known - names.newer
        if missing or strange:
            raise ValueError(
                f"{operator}: missing {sorted(missing)}, unknown {sorted(strange)} parameters"
            )
        identifier = f"{operator}{name}"
        node = etree.SubElement(self._root, "node", id=identifier)
        etree.SubElement(node, "operator").text = operator
        listed = etree.SubElement(node, "sources")
        for number, source in enumerate(sources):
            # gpt numbers the sources of an operator that takes several from the second on.
            tag = "sourceProduct" + (f".{number}" if number else "")
            etree.SubElement(listed, tag, refid=source)
        values = etree.SubElement(node, "parameters")
        installed = self.known(operator)
        for key, value in parameters.items():
            if key in names.known or key in installed:
                etree.SubElement(values, key).text = _text(value)
        self._nodes.append(identifier)
        return identifier

    def xml(self) -> bytes:
        """The graph as a file."""
        return bytes(
            etree.tostring(self._root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
        )


def digest(*graphs: bytes) -> str:
    """SHA-256 over the text of graphs, without the files that they name."""
    total = hashlib.sha256()
    for graph in graphs:
        root = etree.fromstring(graph, etree.XMLParser(resolve_entities=False, no_network=True))
        for element in root.iter("file", "externalDEMFile"):
            element.text = None
        total.update(etree.tostring(root, method="c14n"))
    return total.hexdigest()


def _empty() -> etree._Element:
    root = etree.Element("graph", id="card")
    etree.SubElement(root, "version").text = "1.0"
    return root


def _text(value: object) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)
