"""Words and numbers of sentences in Danish: days, bands, things that markers see, reasons."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from dias_cbm.window.languages.phrases import Kind

_MONTHS = dict(
    zip(
        ("January", "February", "March", "April", "May", "June", "July", "August", "September",
         "October", "November", "December"),
        ("januar", "februar", "marts", "april", "maj", "juni", "juli", "august", "september",
         "oktober", "november", "december"),
        strict=True,
    )
)  # fmt: skip
_MONTH = "(?:" + "|".join(_MONTHS) + ")"
DAY = rf"\d{{1,2}} {_MONTH}(?: \d{{4}})?"
_THIRD = rf"(?:early|mid|late) {_MONTH}"
_THIRDS = {"early": "begyndelsen af", "mid": "midten af", "late": "slutningen af"}
_OPTICAL = {
    "blue": "blå", "green": "grøn", "red": "rød", "red edge": "red edge",
    "near infrared": "nærinfrarød", "short-wave infrared": "kortbølget infrarød",
}  # fmt: skip
_BAND = (
    r"(?:the ratio VH/VV|[A-Z]{2} coherence(?: of 12 days)?|[a-z -]{3,20} \(B\w\w\)|[\w-]{1,12})"
)
#: What markers look for and see, also as words without an article.
THINGS: Mapping[str, str] = {
    "mowing": "slåning",
    "grazing or gradual": "græsning eller gradvist tab",
    "ground change": "ændring af jorden",
    "bare soil": "bar jord",
    "ploughing": "pløjning",
    "harvest": "høst",
    "emergence": "fremspiring",
    "catch crop": "efterafgrøde",
    "cover": "plantedække",
    "fallow": "brak",
    "grassland conversion": "omlægning af græs",
    "homogeneity": "ensartethed",
    "other use": "anden brug",
    "presence": "tilstedeværelse",
    "sparse plants": "sparsomme planter",
}
REASONS: Mapping[str, str] = {
    "no reason is stored": "der er ikke gemt nogen grund",
    "the parcel has too few pixels": "marken har for få pixels",
    "nothing of the parcel is left inside the inner buffer":
        "intet af marken er tilbage inden for den indre bufferzone",
    "there are too few clear looks": "der er for få skyfri billeder",
    "a gap between clear looks is too long": "et hul mellem skyfri billeder er for langt",
    "there is no Sentinel-1": "der er ingen Sentinel-1",
    "most looks are at snow": "de fleste billeder viser sne",
    "the parcel holds more than one kind of cover": "marken har mere end én slags dække",
    "the marker is not meant for the declared crop":
        "markøren er ikke beregnet til den anmeldte afgrøde",
    "the season is not over": "sæsonen er ikke slut",
    "scenes are still expected": "der ventes stadig scener",
    "the parcel has no statistics": "marken har ingen statistik",
}  # fmt: skip
CAUSES: Mapping[str, str] = {
    "the satellite was not planned to observe": "satellitten skulle efter planen ikke observere",
    "nothing shows that the satellite has observed":
        "intet viser, at satellitten har observeret",
    "it was acquired, but the platform has not published the product":
        "den er optaget, men platformen har ikke udgivet produktet",
    "the platform lists the product without its footprint":
        "platformen opfører produktet uden dets fodaftryk",
    "the product could not be made or read": "produktet kunne ikke laves eller læses",
    "none of its orbit files can be read, so the product was not made":
        "ingen af dets banefiler kan læses, så produktet blev ikke lavet",
    "its only product is known to be bad, and not used":
        "dets eneste produkt er kendt som dårligt og bruges ikke",
    "the two images of the pair were not synchronised, so that their coherence would not be that"
    " of the ground":
        "parrets to billeder var ikke synkroniserede, så deres kohærens ville ikke være jordens",
    "the product is listed, but could not be fetched from the store":
        "produktet er opført, men kunne ikke hentes fra lageret",
    "the product is damaged or incomplete": "produktet er beskadiget eller ufuldstændigt",
    "the product is extracted, but clouds hide the parcels":
        "produktet er udtrukket, men skyer skjuler markerne",
    "clouds hide the parcel": "skyer skjuler marken",
    "the product has no data over the parcels": "produktet har ingen data over markerne",
    "the product is good, but its statistics could not be made":
        "produktet er godt, men dets statistik kunne ikke laves",
    "it is not late yet, or has not been processed yet":
        "det er ikke forsinket endnu eller ikke behandlet endnu",
    "the product covers the parcel, but gives no valid pixel":
        "produktet dækker marken, men giver ingen gyldig pixel",
}  # fmt: skip
_COLOURS = {"Green": "Grøn", "Yellow": "Gul", "Red": "Rød", "Open": "Åben"}
_COUNTS = {"once": "én gang", "twice": "to gange"}
_INTERVAL = rf"(?:on {DAY}|between {DAY} and {DAY})"
_TIME = rf"{_INTERVAL} \(confidence \d\.\d\d\)"


def day(text: str) -> str:
    """``15 June 2018`` -> ``15. juni 2018``."""
    number, month, *year = text.split(" ")
    return " ".join([f"{number}.", _MONTHS[month], *year])


def days_in(text: str) -> str:
    """Days within a text, and the words between them."""
    said = re.sub(DAY, lambda match: day(match[0]), text)
    for english, other in (("between ", "mellem "), ("on ", "den "), (" and ", " og ")):
        said = said.replace(english, other)
    return said


def number(text: str) -> str:
    """A number: 1,234.5 -> 1.234,5."""
    return text.translate(str.maketrans(",.", ".,"))


def _third(text: str) -> str:
    part, month = text.split(" ")
    return f"{_THIRDS[part]} {_MONTHS[month]}"


def _when(text: str) -> str:
    first, _, last = text.removeprefix("from ").removeprefix("in ").partition(" to ")
    return f"fra {_third(first)} til {_third(last)}" if last else f"i {_third(first)}"


def _band(text: str) -> str:
    if text == "the ratio VH/VV":
        return "forholdet VH/VV"
    name, _, code = text.partition(" (")
    if code:
        return f"{_OPTICAL.get(name, name)} ({code}"
    return text.replace(" coherence of 12 days", "-kohærens over 12 dage").replace(
        " coherence", "-kohærens"
    )


def _times(text: str) -> str:
    return number_in(days_in(text).replace("(confidence ", "(sikkerhed "))


def number_in(text: str) -> str:
    """Decimal fractions within a text."""
    return re.sub(r"(\d)\.(\d\d)\b", r"\1,\2", text)


def _count(text: str) -> str:
    return _COUNTS.get(text) or text.replace(" times", " gange")


def one_of(words: Mapping[str, str]) -> Kind:
    """A word of a list."""
    longest_first = sorted(words, key=len, reverse=True)
    return Kind("(?:" + "|".join(map(re.escape, longest_first)) + ")", words.get)


def _same(text: str) -> str:
    return text


def _replaced(**words: str) -> Callable[[str], str]:
    pattern = re.compile(r"\b(" + "|".join(words) + r")\b")
    return lambda text: pattern.sub(lambda match: words[match[0]], text)


_WITH_ARTICLE = {"a catch crop": "en efterafgrøde", "a harvest": "en høst"}
KINDS: dict[str, Kind] = {
    # Names; one with a semicolon might be two phrases, and stays as it is.
    "text": Kind(r"[^\n;]{1,400}?", _same),
    "words": Kind(r"[\w -]{1,100}?", _same),
    "n": Kind(r"-?\d[\d,]*(?:\.\d+)?", number),
    "iso": Kind(r"\d{4}-\d\d-\d\d(?: \d\d:\d\d UTC)?", _same),
    "day": Kind(DAY, day),
    "days": Kind(rf"(?:{DAY}(?: and {DAY})?)?", days_in),
    "third": Kind(_THIRD, _third),
    "when": Kind(rf"(?:in {_THIRD}|from {_THIRD} to {_THIRD})", _when),
    "band": Kind(_BAND, _band),
    "size": Kind(r"\d+(?:\.\d+)?(?: dB)?", number),
    "interval": Kind(_INTERVAL, days_in),
    "times": Kind(rf"{_TIME}(?: and {_TIME})*", _times),
    "count": Kind(r"(?:once|twice|\d+ times)", _count),
    "thing": one_of({**_WITH_ARTICLE, **THINGS}),
    "reason": one_of(REASONS),
    "cause": one_of(CAUSES),
    "colour": one_of(_COLOURS),
    "colours": Kind(
        r"(?:green|yellow|red)(?: or (?:yellow|red))*",
        _replaced(green="grøn", yellow="gul", red="rød", **{"or": "eller"}),
    ),
    "side": one_of({"below": "under", "above": "over"}),
    "orbit": one_of({" ascending": " (opstigende)", " descending": " (nedstigende)", "": ""}),
    "sensor": one_of({"backscatter": "radartilbagekast", "coherence": "kohærens",
                      "optical": "optisk"}),
    "within": Kind(r"within \d+(?:\.\d+)? k?m",
                   lambda text: "inden for " + number(text.removeprefix("within "))),
    "value": Kind(r"(?:not known|-?[\d.e+-]+(?: to -?[\d.e+-]+)?)",
                  lambda text: "ukendt" if text == "not known"
                  else number(text.replace(" to ", " til "))),
    "limits": Kind(r"at (?:least|most) -?[\d.e+-]+(?: and at most -?[\d.e+-]+)?",
                   lambda text: number(text.replace("at least", "mindst")
                                       .replace("at most", "højst").replace(" and ", " og "))),
    "asked": one_of({"asked": "krævet", "forbidden": "forbudt"}),
}  # fmt: skip
