"""Titles shouted in capitals, made readable. Knows English small words and common abbreviations."""

from __future__ import annotations

import re

SMALL = frozenset("a an and as at by for from in of on or the to with w du de la le n".split())
KEEP = frozenset(
    "UK USA US EU TV CD DVD LED USB UFO DIY XL XXL BBQ NYC A4 A5 A6 II III IV 3D 2D PVC MP3 XS DJ".split()
)
UNITS = {"CM": "cm", "MM": "mm", "ML": "ml", "KG": "kg", "PC": "pc", "PCS": "pcs", "PCE": "pce", "TSP": "tsp"}


def readable_title(title: str) -> str:
    """ "WHITE HANGING HEART T-LIGHT HOLDER" as "White Hanging Heart T-Light Holder".

    A title that already has lower-case words keeps its letters; blanks are tidied in any case.
    """
    words = " ".join(re.sub(r"\s+([,;])", r"\1", title).split())
    words = re.sub(r",(?=[^\s\d])", ", ", words)
    letters = [character for character in words if character.isalpha()]
    if not letters or sum(map(str.isupper, letters)) < 0.7 * len(letters):
        return words
    # What is written small among capitals ("500g", "No") was meant so.
    return " ".join(_word(word, first=position == 0) for position, word in enumerate(words.split(" ")))


def _word(word: str, first: bool) -> str:
    bare = word.strip(".,;:!?\"'()*")
    if any(map(str.islower, word)) or bare in KEEP or re.fullmatch(r"[A-Z]/\d+,?", word):
        return word
    if bare.casefold() in SMALL and not first:
        return word.casefold()
    if bare in UNITS and not first:
        return word.replace(bare, UNITS[bare])
    if match := re.fullmatch(r"(\d+)(CM|MM|ML|KG|G|L|OZ|PCS?)(\W*)", word):
        unit = match[2] if match[2] == "L" else match[2].casefold()
        return f"{match[1]}{unit}{match[3]}"
    return re.sub(r"[^\W\d_]+(?:['’][^\W\d_]+)?", _capital, word)


def _capital(match: re.Match[str]) -> str:
    letters = match[0]
    before = match.string[: match.start()]
    if before and before[-1].isdigit():
        # "50S" and "50'S" are decades, "3D" is three-dimensional, "3RD" an ordinal.
        return letters if letters == "D" else letters.casefold()
    if re.search(r"\d['’]$", before):
        return letters.casefold()
    return letters[0].upper() + letters[1:].casefold()
