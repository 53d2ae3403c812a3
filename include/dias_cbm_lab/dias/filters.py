"""The ``$filter`` language of CDSE's OData service, the part that catalogue searches use.

::

    any-of      = all-of *( "or" all-of )
    all-of      = term *( "and" term )
    term        = "not" term / "(" any-of ")" / function / comparison
    comparison  = path ( "eq" / "ne" / "gt" / "ge" / "lt" / "le" ) literal
    function    = ( "contains" / "startswith" / "endswith" ) "(" path "," text ")"
                / "OData.CSC.Intersects(area=geography'SRID=4326;" wkt "')"
                / "Attributes/OData.CSC." type "Attribute/any(" variable ":" any-of ")"

The result is a predicate over catalogue entries; no part of the text is ever evaluated as code.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import shapely
from shapely.errors import ShapelyError

Entry = Mapping[str, Any]
Predicate = Callable[[Entry], bool]
Literal = str | int | float | bool | datetime | None

_TOKEN = re.compile(
    r"""(?:
      (?P<geography>geography'[^']*')
    | (?P<text>'(?:[^']|'')*')
    | (?P<time>\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)?)?(?![\w.]))
    | (?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.]))
    | (?P<word>[A-Za-z_][\w./]*)
    | (?P<mark>[(),:=])
    )""",
    re.VERBOSE,
)
_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}
_TEXT_FUNCTIONS: Mapping[str, Callable[[str, str], bool]] = {
    "contains": operator.contains,
    "startswith": str.startswith,
    "endswith": str.endswith,
}
_CONSTANTS: Mapping[str, Literal] = {"true": True, "false": False, "null": None}
_TYPES: Mapping[str, type] = {
    "Id": str,
    "Name": str,
    "S3Path": str,
    "Collection/Name": str,
    "Online": bool,
    "ContentLength": float,
    "OriginDate": datetime,
    "PublicationDate": datetime,
    "ModificationDate": datetime,
    "EvictionDate": datetime,
    "ContentDate/Start": datetime,
    "ContentDate/End": datetime,
}
_ATTRIBUTE_TYPES: Mapping[str, type] = {
    "String": str,
    "Integer": float,
    "Double": float,
    "Boolean": bool,
    "DateTimeOffset": datetime,
}
_ANY = re.compile(r"Attributes/OData\.CSC\.(\w+)Attribute/any")
_AREA = re.compile(
    r"geography'SRID=4326;\s*((?:MULTI)?(?:POLYGON|POINT|LINESTRING)\s*\(.*\))'", re.I
)
_DEEPEST = 50


class FilterError(ValueError):
    """The filter is invalid; the message is for its author."""


def parse(text: str) -> Predicate:
    """A predicate over catalogue entries from the text of a ``$filter``.

    :raises FilterError: it does not follow the grammar, or names what entries do not have.
    """
    parser = _Parser(_tokens(text), _TYPES)
    predicate = parser.any_of()
    parser.end()
    return predicate


def value_of(entry: Entry, path: str) -> Any:
    """The value at a path such as ``ContentDate/Start``; times as aware datetimes.

    :raises FilterError: entries have no such path.
    """
    if path not in _TYPES:
        raise FilterError(f"unknown property {path!r}")
    if path == "Collection/Name":
        return f"SENTINEL-{entry['Name'][1]}"
    value: Any = entry
    for part in path.split("/"):
        value = value[part]
    return _time(value) if _TYPES[path] is datetime else value


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    position: int


def _tokens(text: str) -> list[_Token]:
    tokens = []
    position = 0
    while rest := text[position:].lstrip():
        position = len(text) - len(rest)
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            raise FilterError(f"unexpected character at position {position}")
        tokens.append(_Token(match.lastgroup, match[match.lastgroup], position))
        position = match.end()
    return [*tokens, _Token("end", "", position)]


class _Parser:
    """Recursive descent over the tokens of one filter.

    :param types: what the paths that may be compared hold.
    """

    def __init__(self, tokens: list[_Token], types: Mapping[str, type]) -> None:
        self._tokens = tokens
        self._next = 0
        self._depth = 0
        self._types = types
        self._read: Callable[[Entry, str], Any] = value_of

    def any_of(self) -> Predicate:
        terms = [self._all_of()]
        while self._accept("or"):
            terms.append(self._all_of())
        return terms[0] if len(terms) == 1 else lambda entry: any(term(entry) for term in terms)

    def end(self) -> None:
        if self._peek().kind != "end":
            raise self._unexpected()

    def _all_of(self) -> Predicate:
        terms = [self._term()]
        while self._accept("and"):
            terms.append(self._term())
        return terms[0] if len(terms) == 1 else lambda entry: all(term(entry) for term in terms)

    def _term(self) -> Predicate:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise FilterError("nested too deeply")
        try:
            if self._accept("not"):
                inner = self._term()
                return lambda entry: not inner(entry)
            if self._accept("("):
                inner = self.any_of()
                self._expect(")")
                return inner
            return self._function_or_comparison()
        finally:
            self._depth -= 1

    def _function_or_comparison(self) -> Predicate:
        word = self._take("word").text
        if word in _TEXT_FUNCTIONS:
            return self._text_function(_TEXT_FUNCTIONS[word])
        if word == "OData.CSC.Intersects":
            return self._intersects()
        if match := _ANY.fullmatch(word):
            return self._any_attribute(match[1])
        return self._comparison(word)

    def _comparison(self, path: str) -> Predicate:
        wanted = self._type(path)
        token = self._take("word")
        compare = _OPERATORS.get(token.text)
        if compare is None:
            raise FilterError(f"unknown operator {token.text!r} at position {token.position}")
        literal = self._literal(wanted)
        read = self._read
        if literal is None and token.text not in ("eq", "ne"):
            raise FilterError(f"null cannot be ordered, at position {token.position}")
        return lambda entry: compare(read(entry, path), literal)

    def _text_function(self, function: Callable[[str, str], bool]) -> Predicate:
        self._expect("(")
        path = self._take("word").text
        if self._type(path) is not str:
            raise FilterError(f"{path} is not text")
        self._expect(",")
        literal = str(self._literal(str))
        self._expect(")")
        read = self._read
        return lambda entry: function(read(entry, path), literal)

    def _intersects(self) -> Predicate:
        self._expect("(")
        self._expect("area")
        self._expect("=")
        area = _area(self._take("geography").text)
        self._expect(")")

        def intersects(entry: Entry) -> bool:
            footprint = entry["GeoFootprint"]
            return footprint is not None and bool(
                shapely.intersects(area, shapely.geometry.shape(footprint))
            )

        return intersects

    def _any_attribute(self, kind: str) -> Predicate:
        if kind not in _ATTRIBUTE_TYPES:
            raise FilterError(f"unknown attribute type {kind!r}")
        self._expect("(")
        variable = self._take("word").text
        self._expect(":")
        value_type = _ATTRIBUTE_TYPES[kind]
        outer = self._types, self._read
        self._types = {
            f"{variable}/Name": str,
            f"{variable}/Value": value_type,
            f"{variable}/OData.CSC.{kind}Attribute/Value": value_type,
        }
        self._read = _attribute_value
        inner = self.any_of()
        self._types, self._read = outer
        self._expect(")")
        odata_type = f"#OData.CSC.{kind}Attribute"
        return lambda entry: any(
            inner(attribute)
            for attribute in entry["Attributes"]
            if attribute["@odata.type"] == odata_type
        )

    def _type(self, path: str) -> type:
        if path not in self._types:
            raise FilterError(f"unknown property {path!r}")
        return self._types[path]

    def _literal(self, wanted: type) -> Literal:
        token = self._advance()
        value: Literal
        if token.kind == "text":
            value = token.text[1:-1].replace("''", "'")
        elif token.kind == "time":
            value = _time(token.text)
        elif token.kind == "number":
            value = float(token.text)
        elif token.kind == "word" and token.text in _CONSTANTS:
            value = _CONSTANTS[token.text]
        else:
            raise FilterError(f"a value is missing at position {token.position}")
        if value is not None and not isinstance(value, wanted):
            raise FilterError(
                f"{token.text} at position {token.position} is not a {wanted.__name__}"
            )
        return value

    def _peek(self) -> _Token:
        return self._tokens[self._next]

    def _advance(self) -> _Token:
        token = self._peek()
        if token.kind == "end":
            raise FilterError("the filter ends too early")
        self._next += 1
        return token

    def _accept(self, text: str) -> bool:
        token = self._peek()
        if token.kind in ("word", "mark") and token.text == text:
            self._next += 1
            return True
        return False

    def _expect(self, text: str) -> None:
        if not self._accept(text):
            raise self._unexpected(f"expected {text!r}")

    def _take(self, kind: str) -> _Token:
        if self._peek().kind not in (kind, "end"):
            raise self._unexpected()
        return self._advance()

    def _unexpected(self, hint: str = "") -> FilterError:
        token = self._peek()
        found = token.text or "the end"
        return FilterError(f"unexpected {found!r} at position {token.position} {hint}".strip())


def _attribute_value(attribute: Entry, path: str) -> Any:
    value = attribute[path.rpartition("/")[2]]
    timed = path.endswith("/Value") and attribute["ValueType"] == "DateTimeOffset"
    return _time(value) if timed else value


def _time(text: str) -> datetime:
    """An aware time; without a zone it is taken for UTC, as the service does since 2024."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise FilterError(f"{text!r} is not a time") from error
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _area(text: str) -> shapely.Geometry:
    match = _AREA.fullmatch(text)
    if match is None:
        raise FilterError("the area is not a geography'SRID=4326;POLYGON((...))'")
    try:
        area = shapely.from_wkt(match[1])
    except ShapelyError as error:
        raise FilterError(f"the area cannot be read: {error}") from error
    if not area.is_valid:
        raise FilterError(f"the area is invalid: {shapely.is_valid_reason(area)}")
    return area
