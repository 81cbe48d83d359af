"""Colours in titles and colour fields, in one spelling.

Knows English (and the commonest German and French) colour words. A colour is only ever read from
what is written; nothing is guessed from the kind of product.
"""

from __future__ import annotations

import re

NAMES = {
    "Red": "red scarlet crimson rot rouge",
    "Pink": "pink fuchsia fuschia magenta rosa",
    "Orange": "orange",
    "Yellow": "yellow mustard gelb jaune",
    "Green": "green khaki olive emerald sage grün gruen vert",
    "Turquoise": "turquoise teal aqua",
    "Blue": "blue navy azure cobalt indigo blau bleu",
    "Purple": "purple violet lilac mauve lila",
    "Brown": "brown tan chocolate chestnut braun marron",
    "Black": "black schwarz noir",
    "White": "white weiß weiss blanc",
    "Ivory": "ivory",
    "Cream": "cream beige ecru",
    "Grey": "grey gray charcoal grau gris",
    "Silver": "silver silber",
    "Gold": "gold golden",
    "Copper": "copper bronze",
    "Multicolour": "multicolour multicolor multicoloured multicolored multi-colour multi rainbow",
    "Clear": "clear transparent",
}
COLOUR_OF_WORD = {word: name for name, words in NAMES.items() for word in words.split()}
COLOUR_WORDS = frozenset(COLOUR_OF_WORD)

# Read as colours in a colour field, but more often a material, a flavour or a thing in a title.
NOT_IN_TITLES = frozenset(
    {"tan", "chocolate", "chestnut", "clear", "emerald", "sage", "olive", "multi", "aqua"}
)
THINGS = re.compile(
    r"\b(?:black\s?board|green\s?house|gold\s?fish|orange\s(?:scent|blossom|peel|juice)"
    r"|(?:chocolate|cream)\s(?:tea|cracker)|golden\sretriever|rose\sgold|silver\sware|ice\scream"
    r"|hand\scream|face\scream|body\scream)\b"
)


def colours_of_title(title: str) -> str:
    """The colours a title states, "Red" or "Red/White", or ''."""
    text = THINGS.sub(" ", title.casefold())
    words = re.findall(r"[a-zà-ÿß-]+", text.replace("/", " "))
    found = [COLOUR_OF_WORD[word] for word in words if word in COLOUR_WORDS - NOT_IN_TITLES]
    return "/".join(dict.fromkeys(found))


def tidy_colour(text: str) -> str:
    """A colour field in one spelling: "BLACK" is "Black", "Gray" is "Grey"; odd names stay."""
    words = " ".join(text.split())
    if not words:
        return ""
    # Parts keep the shop's own names ("Brushed Nickel"); only plain colour words are respelt.
    parts = [part.strip() for part in re.split(r"\s*/\s*", words) if part.strip()]
    tidied = []
    for part in parts:
        plain = {"gray": "Grey", "multicolor": "Multicolour", "multi": "Multicolour"}.get(part.casefold())
        tidied.append(plain or (part.title() if part.isupper() or part.islower() else part))
    return "/".join(dict.fromkeys(tidied))
