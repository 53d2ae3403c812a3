"""The page of the follow-up: one file with all parcels and images, for any browser, no server."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Any

from dias_cbm.whole_file import whole_file

#: Bytes of images beyond which a page is too large to open; further parcels have only their text.
MOST_BYTES = 50 << 20

_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 78rem; padding: 0 1rem;
  color: #1a1a1a; background: #fff }
section { border-top: 1px solid #bbb; margin-top: 2rem; break-inside: avoid }
h2 { margin-bottom: .2rem }
.doubt { margin: .3rem 0; padding-left: .6rem; border-left: 6px solid #999 }
.red { border-color: #b3261e } .yellow { border-color: #d9a300 }
.images { display: flex; flex-wrap: wrap; gap: 1rem; margin: 1rem 0 }
figure { margin: 0; width: 24rem; max-width: 100% }
svg { width: 100%; height: auto; background: repeating-conic-gradient(#eee 0 25%, #fff 0 50%)
  0 0 / 16px 16px }
image { image-rendering: pixelated }
path { fill: none; stroke: #fd0; vector-effect: non-scaling-stroke; stroke-width: 2 }
path.under { stroke: #000; stroke-width: 4 }
figcaption, .small { font-size: 13px; color: #444; overflow-wrap: anywhere }
"""


def write(path: Path, title: str, intro: str, records: Iterable[Mapping[str, Any]]) -> int:
    """Write the page; it appears whole or not at all.

    :param records: of the parcels, as :mod:`.record` has them.
    :returns: parcels whose images found no room.
    :raises OutputError: it cannot be written.
    """
    left_out = 0
    used = 0
    with whole_file(path) as aside, aside.open("w", encoding="utf-8") as stream:
        stream.write(_head(title, intro))
        for record in records:
            size = sum(len(one["address"]) for one in record["images"])
            room = used + size <= MOST_BYTES
            used += size if room else 0
            left_out += not room
            stream.writelines(_section(record, room=room))
        stream.write("</main></body></html>\n")
    return left_out


def _head(title: str, intro: str) -> str:
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\';'
        " img-src data:; style-src 'unsafe-inline'\">\n"
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style></head>\n"
        f"<body><main><h1>{escape(title)}</h1>\n<p>{escape(intro)}</p>\n"
    )


def _section(record: Mapping[str, Any], *, room: bool) -> Iterator[str]:
    crop = escape(record["crop"] or "no crop declared")
    yield f"<section><h2>{escape(record['pid'])}</h2>\n"
    yield f'<p class="small">{crop}, {record["area_ha"]:.2f} ha</p>\n'
    for doubt in record["doubts"]:
        name, sentence = escape(doubt["name"]), escape(doubt["sentence"])
        colour = doubt["colour"] if doubt["colour"] in ("red", "yellow") else ""
        yield f'<p class="doubt {colour}"><b>{name}</b>: {sentence}</p>\n'
    if room and record["images"]:
        yield '<div class="images">\n'
        for image in record["images"]:
            yield _figure(record["pid"], image)
        yield "</div>\n"
    elif record["images"]:
        yield (
            f"<p>Images ({len(record['images'])}) are in the folder"
            f" {escape(record['folder'])}: this page has no room for more.</p>\n"
        )
    for note in record["notes"]:
        yield f'<p class="small">{escape(note)}</p>\n'
    yield "</section>\n"


def _figure(pid: str, image: Mapping[str, Any]) -> str:
    width, height, outline = int(image["width"]), int(image["height"]), escape(image["outline"])
    label = escape(f"Parcel {pid} on {image['day']}, {image['title']}")
    return (
        f'<figure><svg viewBox="0 0 {width} {height}" role="img" aria-label="{label}">'
        f'<image href="{escape(image["address"])}" width="{width}" height="{height}"/>'
        f'<path class="under" d="{outline}"/><path d="{outline}"/></svg>\n'
        f"<figcaption><b>{escape(image['day'])}</b>, {escape(image['title'])}<br>"
        f"{escape(image['why'])}<br>{escape(_numbers(image))}<br>{escape(image['product'])}"
        "</figcaption></figure>\n"
    )


def _numbers(image: Mapping[str, Any]) -> str:
    facts = [f"{image['satellite']}, orbit {image['orbit']} {image['direction'] or ''}".strip()]
    if image["clear_share"] is not None:
        facts.append(f"{image['clear_share']:.0%} clear")
    if image["ndvi"] is not None:
        facts.append(f"NDVI {image['ndvi']:.2f}")
    facts.append(f"pixels of {image['pixel_m']:g} m")
    return ", ".join(facts)
