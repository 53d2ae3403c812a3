"""The sentences of the stages in Danish; crops, names and identifiers stay as they are."""

from __future__ import annotations

from dias_cbm.window.languages.danish_words import KINDS
from dias_cbm.window.languages.phrases import Kind, Sentences

_SUBJECTS = Sentences(
    KINDS,
    (
        ("no {t:thing} seen between {a:day} and {b:day}", "ingen {t} set mellem {a} og {b}"),
        (
            "{t:thing} seen {n:count}, not {m:count}, between {a:day} and {b:day}",
            "{t} set {n}, ikke {m}, mellem {a} og {b}",
        ),
        ("{t:thing} not found between {a:day} and {b:day}", "{t} ikke fundet mellem {a} og {b}"),
        ("{t:thing} found between {a:day} and {b:day}", "{t} fundet mellem {a} og {b}"),
        ("{v:words} {x:value}, {l:limits} {w:asked}", "{v} {x}, {l} {w}"),
    ),
)
_WITH_SUBJECT = {**KINDS, "subject": Kind(r"[^\n]{1,300}?", _SUBJECTS.say)}
_RULES = Sentences(
    _WITH_SUBJECT,
    (
        ("{t:thing} {x:times}", "{t} {x}"),
        (
            "{t:thing} {x:times}, where it is not allowed (between {a:day} and {b:day})",
            "{t} {x}, hvor det ikke er tilladt (mellem {a} og {b})",
        ),
        ("{s:subject}", "{s}"),
        (
            "{s:subject}, with {n:n} clear look; longest gap {d:n} days, gap confidence {c:n}",
            "{s}, med {n} skyfrit billede; længste hul {d} dage, sikkerhed i hullet {c}",
        ),
        (
            "{s:subject}, with {n:n} clear looks; longest gap {d:n} days, gap confidence {c:n}",
            "{s}, med {n} skyfri billeder; længste hul {d} dage, sikkerhed i hullet {c}",
        ),
        ("{s:subject}, and the window ends on {d:day}", "{s}, og tidsrummet slutter {d}"),
        ("{m:thing} was not looked for: {r:reason}", "der blev ikke ledt efter {m}: {r}"),
        (
            "{s:subject}, but no clear look in these {n:n} days. Gap confidence {c:n}, {g:n} asked",
            "{s}, men intet skyfrit billede i disse {n} dage. Sikkerhed i hullet {c}, {g} krævet",
        ),
        (
            "{s:subject}, but no clear view from {a:day} to {b:day} ({n:n} days); clear looks"
            " {x:days}. Gap confidence {c:n}, {g:n} asked",
            "{s}, men intet skyfrit billede fra {a} til {b} ({n} dage); skyfri billeder {x}."
            " Sikkerhed i hullet {c}, {g} krævet",
        ),
        (
            "{s:subject}, but scenes are still expected: {x:text}",
            "{s}, men der ventes stadig scener: {x}",
        ),
        (
            "{s:subject}, but the season is observed only between {a:day} and {b:day}",
            "{s}, men sæsonen er kun observeret mellem {a} og {b}",
        ),
        (
            "{s:subject}, but there is no clear look in the {n:n} days after {d:day}",
            "{s}, men der er intet skyfrit billede i de {n} dage efter {d}",
        ),
        (
            "{s:subject}, but there is no clear look in the {n:n} days before {d:day}",
            "{s}, men der er intet skyfrit billede i de {n} dage før {d}",
        ),
        ("{s:subject}, which is not sure enough", "{s}, hvilket ikke er sikkert nok"),
        (
            "{s:subject}, which does not show that there was none",
            "{s}, hvilket ikke viser, at der ingen var",
        ),
        (
            "{s:subject}, but one between {a:day} and {b:day} might not be seen",
            "{s}, men en mellem {a} og {b} ville måske ikke være set",
        ),
        (
            "{s:subject}, but a long gap between two looks may hide more than one",
            "{s}, men et langt hul mellem to billeder kan skjule mere end én",
        ),
        ("{k:thing} {i:interval}, which may be {t:thing}", "{k} {i}, som kan være {t}"),
        (
            "{t:thing} {x:times}, which the next clear look has to confirm",
            "{t} {x}, som det næste skyfri billede skal bekræfte",
        ),
        (
            "{t:thing} {x:times}, which other looks might not confirm",
            "{t} {x}, som andre billeder måske ikke ville bekræfte",
        ),
        (
            "{t:thing} {x:times}, but these looks are {n:n} days apart, and {m:n} are allowed",
            "{t} {x}, men der er {n} dage mellem disse billeder, og {m} er tilladt",
        ),
        ("{t:thing} {x:times}, and {g:n} is asked", "{t} {x}, og {g} er krævet"),
        (
            "{t:thing} {i:interval}, which may be before or after {d:day}",
            "{t} {i}, som kan være før eller efter {d}",
        ),
        (
            "{t:thing} {i:interval}, which may be before or after the window's last day, {d:day}",
            "{t} {i}, som kan være før eller efter tidsrummets sidste dag, {d}",
        ),
        ("the marker {m:words} has not been run", "markøren {m} er ikke kørt"),
    ),
    joints=(("; ", "; "),),
)
_PROOF = Sentences(
    KINDS,
    (
        ("{n:n} passes over tiles have no end state", "{n} overflyvninger har ingen sluttilstand"),
        ("{n:n} scenes are not processed to the end", "{n} scener er ikke behandlet til ende"),
        ("its last day ends {t:iso}", "dens sidste dag slutter {t}"),
    ),
    joints=(("; ", "; "),),
)
_BECAUSE = Sentences(
    KINDS,
    (
        ("{c:cause} ({n:n} pass)", "{c} ({n} overflyvning)"),
        ("{c:cause} ({n:n} passes)", "{c} ({n} overflyvninger)"),
    ),
    joints=(("; ", "; "),),
)
#: What one span of blocks says against a crop, in the middle or at the end of a sentence.
_SPANS = tuple(
    (f"{{w:when}} {{b:band}} lies {{s:size}} {{d:side}} {against}{beside}{end}",
     f"{{w}} ligger {{b}} {{s}} {{d}} {danish}{other}{end}")
    for end in (".", "")
    for against, danish in (("the declared {c:text}", "den anmeldte afgrøde {c}"), ("it", "den"))
    for beside, other in (
        (" and within the band of {o:text}", " og inden for båndet for {o}"),
        (" and is nearer to {o:text}", " og er nærmere ved {o}"),
        (" and is unlike {o:text} too", " og ligner heller ikke {o}"),
    )
)  # fmt: skip
_ANYTHING = {
    **KINDS,
    "rule": Kind(r"[^\n]{1,1500}", _RULES.say),
    "proof": Kind(r"[^\n]{1,300}", _PROOF.say),
    "causes": Kind(r"[^\n]{1,1500}", _BECAUSE.say),
}
_OUTLIERS = (
    *_SPANS,
    (
        "No week speaks clearly against the declared {c:text}.",
        "Ingen uge taler tydeligt imod den anmeldte afgrøde {c}.",
    ),
    (
        "Too few trusted parcels of {c:text} to know its typical signal.",
        "Der er for få sikre marker med {c} til at kende dens typiske signal.",
    ),
    ("No crop is declared.", "Ingen afgrøde er anmeldt."),
    ("The parcel was not observed.", "Marken blev ikke observeret."),
    ("The parcel has no means any more.", "Marken har ingen middelværdier længere."),
    (
        "No other crop than {c:text} has typical curves.",
        "Ingen anden afgrøde end {c} har typiske kurver.",
    ),
    ("The signal does not confirm {c:text}.", "Signalet bekræfter ikke {c}."),
    (
        "With {n:n} ha it holds few pixels, and its neighbours show in its signal.",
        "Med {n} ha har den få pixels, og naboerne ses i dens signal.",
    ),
    (
        "Within the parcel the signal spreads far more in some weeks than is typical of {c:text}:"
        " two crops may share it.",
        "Inden for marken spreder signalet sig i nogle uger langt mere end typisk for {c}: to"
        " afgrøder deler den måske.",
    ),
    (
        "From {t:third} the signal falls back to that of bare soil: the declared {c:text} may have"
        " failed.",
        "Fra {t} falder signalet tilbage til bar jords: den anmeldte afgrøde {c} er måske slået"
        " fejl.",
    ),
    ("the parcel is not in the season any more", "marken er ikke i sæsonen længere"),
    (
        "{a:text} was declared in the run, {b:text} is now",
        "{a} var anmeldt i kørslen, {b} er det nu",
    ),
    (
        "its means have changed: {n:n} observations in the run, {m:n} now",
        "dens middelværdier er ændret: {n} observationer i kørslen, {m} nu",
    ),
    (
        "signatures in its tile are newer than the run; its means may have changed",
        "signaturer i dens felt er nyere end kørslen; dens middelværdier kan være ændret",
    ),
    ("no run of outliers has judged the parcel", "ingen kørsel har bedømt marken"),
    ("has no typical curves to explain by", "har ingen typiske kurver at forklare med"),
    (
        "the run has no typical curves of these crops",
        "kørslen har ingen typiske kurver for disse afgrøder",
    ),
)
_PEERS = (
    (
        "No peer of {p:text}: no other parcel of {c:text} as asked for lies {w:within}.",
        "Ingen lignende mark til {p}: ingen anden mark med {c} som ønsket ligger {w}.",
    ),
    ("One {c:text} peer of {p:text}, {w:within}.", "Én mark med {c} som {p}, {w}."),
    ("{n:n} {c:text} peers of {p:text}, {w:within}.", "{n} marker med {c} som {p}, {w}."),
    (
        "From {a:day} to {b:day} {band:band}{o:orbit} lay {s:size} {d:side} nine of ten of {n:n}"
        " {c:text} peers {w:within}.",
        "Fra {a} til {b} lå {band}{o} {s} {d} ni af ti af {n} marker med {c} {w}.",
    ),
    (
        "From {a:day} to {b:day} {band:band}{o:orbit} lay {s:size} {d:side} nine of ten of {n:n} to"
        " {m:n} {c:text} peers {w:within}.",
        "Fra {a} til {b} lå {band}{o} {s} {d} ni af ti af {n} til {m} marker med {c} {w}.",
    ),
    (
        "Where it was seen, {p:text} never lay outside the band of its {n:n} {c:text} peers"
        " {w:within} for three windows in a row.",
        "Hvor den blev set, lå {p} aldrig uden for båndet af {n} marker med {c} {w} i tre tidsrum"
        " i træk.",
    ),
    (
        "Only {n:n} {c:text} peer {w:within}: with fewer than {m:n} there is no band.",
        "Kun {n} mark med {c} {w}: med færre end {m} er der intet bånd.",
    ),
    (
        "Only {n:n} {c:text} peers {w:within}: with fewer than {m:n} there is no band.",
        "Kun {n} marker med {c} {w}: med færre end {m} er der intet bånd.",
    ),
    (
        "In {n:n} of {m:n} windows fewer than {k:n} peers have a value.",
        "I {n} af {m} tidsrum har færre end {k} lignende marker en værdi.",
    ),
    (
        "{p:text} has no five-day means, so it cannot be compared.",
        "{p} har ingen femdages middelværdier og kan ikke sammenlignes.",
    ),
    (
        "{p:text} and enough of its peers were never seen in one window.",
        "{p} og nok af dens lignende marker blev aldrig set i samme tidsrum.",
    ),
    ("has no peer as asked for {w:within}", "har ingen lignende mark som ønsket {w}"),
    ("has no five-day means yet", "har ingen femdages middelværdier endnu"),
    (
        "has no five-day means of the parcel and its peers",
        "har ingen femdages middelværdier for marken og dens lignende marker",
    ),
)
_CHIPS = (
    (
        "Nothing about this parcel is in doubt, so no image would decide anything.",
        "Intet ved denne mark er i tvivl, så intet billede ville afgøre noget.",
    ),
    (
        "No clear image between {a:day} and {b:day}: no pass of Sentinel-2 has statistics of the"
        " parcel.",
        "Intet skyfrit billede mellem {a} og {b}: ingen overflyvning af Sentinel-2 har statistik"
        " om marken.",
    ),
    (
        "No clear image between {a:day} and {b:day}: {n:n} pass, cloudy.",
        "Intet skyfrit billede mellem {a} og {b}: {n} overflyvning, overskyet.",
    ),
    (
        "No clear image between {a:day} and {b:day}: {n:n} passes, all cloudy.",
        "Intet skyfrit billede mellem {a} og {b}: {n} overflyvninger, alle overskyede.",
    ),
    (
        "Radar is shown instead, of orbit {n:n}{o:orbit}.",
        "I stedet vises radar, af bane {n}{o}.",
    ),
    ("only its statistics are here", "kun dets statistik er her"),
    (
        "its platform has moved it to a slow archive",
        "dets platform har flyttet det til et langsomt arkiv",
    ),
    ("deleted, known since {d:iso} ({r:text})", "slettet, kendt siden {d} ({r})"),
)
_SEASON = (
    ("No pass has been seen yet.", "Ingen overflyvning er set endnu."),
    (
        "Every expected pass and every scene has an end state; cbm season status compares the"
        " records too.",
        "Hver ventet overflyvning og hver scene har en sluttilstand; cbm season status"
        " sammenligner også posterne.",
    ),
    ("Not finished: {p:proof}.", "Ikke afsluttet: {p}."),
    ("There is nothing on the list.", "Der er intet på listen."),
    ("{n:n} of {m:n} are left.", "{n} af {m} er tilbage."),
    (
        "{n:n} of {m:n} are left; {k:n} of the declarations left are expected to be wrong.",
        "{n} af {m} er tilbage; {k} af de resterende anmeldelser ventes at være forkerte.",
    ),
    (
        "{n:n} of {m:n} are left; at least {k:n} of the declarations left are expected to be"
        " wrong.",
        "{n} af {m} er tilbage; mindst {k} af de resterende anmeldelser ventes at være forkerte.",
    ),
    (
        "No {k:sensor} evidence from {a:iso} to {b:iso} because {c:causes}.",
        "Intet bevis ({k}) fra {a} til {b}, fordi {c}.",
    ),
)
_SCHEMES = (
    (
        "{c:colour}: {p:rule}. Still possible: {x:colours}.",
        "{c}: {p}. Stadig muligt: {x}.",
    ),
    ("{c:colour}: {p:rule}.", "{c}: {p}."),
    ("The scheme is not meant for this parcel.", "Ordningen er ikke beregnet til denne mark."),
    ("no rules were run yet", "ingen regler er kørt endnu"),
    ("{r:reason}", "{r}"),
    ("{c:cause}", "{c}"),
)
SENTENCES = Sentences(
    _ANYTHING,
    # A colour in front tells most apart: those come first.
    (*_SCHEMES, *_OUTLIERS, *_SEASON, *_PEERS, *_CHIPS),
    joints=(("; ", "; "),),
)
