"""Amounts with their units, so that those of two pages can be set against each other.

Knows what one unit is of another of its kind ("oz" of "lb"); knows nothing of products.
"""

from __future__ import annotations

import re

UNITS: dict[str, tuple[tuple[str, float], ...]] = {
    "weight": (
        (r"kgs?|kilos?|kilograms?", 1000.0),
        (r"g|grams?", 1.0),
        (r"lbs?|pounds?", 453.592),
        (r"oz|ounces?", 28.3495),
    ),
    "length": (
        (r"mm", 0.1),
        (r"cm", 1.0),
        (r"met(?:er|re)s?|m", 100.0),
        (r"\"|”|″|''|inch(?:es)?|in", 2.54),
        (r"feet|foot|ft", 30.48),
    ),
    "volume": (
        (r"ml", 1.0),
        (r"lit(?:er|re)s?|l", 1000.0),
        (r"(?:fl\.? ?)?oz|(?:fluid )?ounces?", 29.5735),
        (r"cups?", 236.588),
        (r"quarts?|qts?", 946.353),
        (r"gallons?", 3785.41),
    ),
    "time": (
        (r"sec(?:ond)?s?", 1.0),
        (r"min(?:ute)?s?", 60.0),
        (r"hours?|hrs?|h", 3600.0),
        (r"days?", 86_400.0),
        (r"weeks?", 604_800.0),
        (r"months?", 2_629_800.0),
        (r"years?|yrs?", 31_557_600.0),
    ),
    "power": ((r"w|watts?", 1.0),),
    "dose": ((r"mcg|µg", 1.0), (r"mg", 1e3), (r"g|grams?", 1e6)),
    "data": ((r"mb", 1.0), (r"gb", 1e3), (r"tb", 1e6)),
    "speed": ((r"km ?/ ?h|kmh|kph", 1.0), (r"mph", 1.609344)),
    "age": ((r"(?:\+|years?|yrs?|and (?:up|older|over|above))?", 1.0),),
}
"""Units of a kind and what one is of a common one."""
NUMBER = r"(?<![\w.,])(\d+(?:,\d{3})*(?:\.\d+)?)"


def read_amount(text: str, kind: str) -> float | None:
    """The first amount of `kind` (a key of UNITS) in `text`; None where there is none."""
    found: tuple[int, float] | None = None
    for unit, factor in UNITS[kind]:
        match = re.search(rf"{NUMBER}\s?-?(?:{unit})(?![a-z])", text, re.I)
        if match and (found is None or match.start() < found[0]):
            found = match.start(), float(match[1].replace(",", "")) * factor
    return found[1] if found else None
