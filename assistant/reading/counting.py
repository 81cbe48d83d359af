"""How many and how much: the number or amount that a page sets beside what is asked."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.reading.page import Sentence, Term, plain, same_term
from assistant.reading.question import Question
from assistant.reading.quoting import quote
from retrieval.words import stem

NUMBER = re.compile(
    r"(?<![\w.$£€])(?<!\d,)(?:\d+(?:\s?[-–]\s?\d+| to \d+)?"
    r"(?=\b|(?:pcs?|packs?|sets?|oz|lbs?|ml|ft|w|v|mm|cm|in|hrs?)\b)"
    r"|(?:one|two|three|four|five|six|seven|"
    r"eight|nine|ten|eleven|twelve|fifteen|sixteen|twenty|thirty|forty|fifty|hundred)\b)(?![.,]\d)",
    re.I,
)
NUMBER_VALUES = {
    word: value
    for value, word in enumerate(
        "one two three four five six seven eight nine ten eleven twelve".split(), start=1
    )
} | {"fifteen": 15, "sixteen": 16, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "hundred": 100}
REACH = 46
"""How many characters may stand between a number and the thing counted."""
STOP = re.compile(r"[.;:!?()]")
BEHIND = re.compile(r"^\W{0,3}(?:[:=x×]|of|for|is|are|with|up to)?\W{0,3}$")
PACK = re.compile(r"\b(\d+)[ -]?(?:count|ct|pack|pk|pcs|pieces?)\b|\b(?:pack|set|box|bag) of (\d+)\b", re.I)
PACKED_WORDS = frozenset({"pair", "item", "unit", "=pieces"})
"""Words that count the product itself, whatever its title calls it."""
AMOUNT = re.compile(
    r"(?<![\w.,$£€])(\d+(?:,\d{3})*(?:\.\d+)?\s?(?:mg|mcg|µg|grams?|g|iu|[gtm]b|ml|oz|%|calories|kcal|mah))(?![a-z])",
    re.I,
)
IN_A_ROW = re.compile(r"((?:[^\W\d_]{3,}[ ,&/+]+){2,6})(\d+ ?m?c?g(?: ?/ ?\d+ ?m?c?g)+)(?![a-z])", re.I)
"""Names and as many amounts: "Calcium Magnesium Zinc 1000mg/400mg/25mg"."""
OF_IT = re.compile(r"^\W{0,2}(?:of )?(?:[\w-]+ ){0,2}$", re.I)
"""What may stand between an amount and what it is an amount of: "700mg of pure ..."."""
IN_THE_PACK = re.compile(r"\b(?:pack|packs|package|box|set|kit|comes? with|included?|get)\b", re.I)
PACKED = re.compile(
    r"\b(?:includ\w+|contains?|comes? with|package|pack of|set of|you (?:will )?get|receive)\b", re.I
)
MEASURED = re.compile(
    r"\s?-?(?:lbs?|pounds?|oz|ounces?|kgs?|g|grams?|gsm|ml|l|lit(?:er|re)s?|gallons?|inch(?:es)?|in|cm|mm|ft|feet|"
    r"yards?|v|volts?|w|watts?|mah|hz|khz|ghz|mph|km|°|degrees?|\"|”|″|')(?![a-z])",
    re.I,
)
"""What follows a number that measures: it counts nothing but its own unit."""
PEOPLE = re.compile(
    r"\b(?:serv(?:es|ice|ings?)(?: for)?|seats?|sleeps|for|feeds)\s+(\d+(?:\s?[-–]\s?\d+| to \d+)?)\b"
    r"(?!\s?(?:\"|”|inch|oz|years?|months?|"
    r"hours?|min|days?|weeks?|gallons?|cm|mm|ft))|\b(\d+) sets? of\b",
    re.I,
)


def find_count(question: Question, page: Sequence[Sentence]) -> tuple[str, str]:
    """(the sentence, its number directly beside what is counted); ('', '') where there is none."""
    best: tuple[float, str, str] | None = None
    others = [key for key in question.core if key != question.counted]
    for place, sentence in enumerate(page):
        for number, term in _pairs(question, sentence):
            held = sum(_closeness(key, term, sentence) for key in others)
            gap = (
                abs(term.start - number.end())
                if term.start >= number.end()
                else abs(number.start() - term.end)
            )
            exact = stem(plain(sentence.text[term.start : term.end]).split(" ")[-1]) == question.counted_word
            listed = IN_THE_PACK.search(question.text) and PACKED.search(sentence.text)
            rank = held + 0.5 * exact + (0.8 if listed else 0.0) - gap / 20 - place / 200
            where = (term, Term("", number.start(), number.end(), 0))
            if best is None or rank > best[0]:
                best = rank, quote(sentence.text, where), number[0]
    return (best[1], best[2]) if best else _packed(question, page[0])


def find_amount(question: Question, page: Sequence[Sentence]) -> tuple[str, str]:
    """(the sentence, the amount with its unit beside what is asked about): "500 mg" of "how much zinc";
    ('', '') where there is none."""
    for place, sentence in enumerate(page):
        text = sentence.text
        amounts = list(AMOUNT.finditer(text))
        for term in sentence.terms:
            if not same_term(question.counted, term.key):
                continue
            for amount in amounts:
                ahead = amount.end() <= term.start and OF_IT.match(text[amount.end() : term.start])
                behind = amount.start() >= term.end and BEHIND.match(text[term.end : amount.start()])
                # The one amount of a title is its own, unless it is said of another: "7mg Iron, Zinc".
                alone = not place and len(amounts) == 1 and not re.match(r" ?\w", text[amount.end() :])
                if ahead or behind or alone:
                    return quote(text, (term, Term("", amount.start(), amount.end(), 0))), amount[1]
        for row in IN_A_ROW.finditer(text):
            each = row[2].split("/")
            names = re.findall(r"[^\W\d_]+", row[1])[-len(each) :]
            for name, one in zip(names, each, strict=False):
                if same_term(question.counted, stem(name.lower())):
                    return quote(text, (Term("", row.start(), row.end(), 0),)), one.strip()
    return "", ""


def _packed(question: Question, title: Sentence) -> tuple[str, str]:
    """How many of the product itself come together, by its title: "Dog Chew Treats (3 Count)"."""
    number = PACK.search(title.text)
    titled = any(same_term(question.counted, term.key) for term in title.terms)
    if number is None or not (titled or question.counted in PACKED_WORDS):
        return "", ""
    return quote(title.text, (Term("", number.start(), number.end(), 0),)), number[1] or number[2]


def _closeness(key: str, term: Term, sentence: Sentence) -> float:
    """1 where `key` stands beside `term`, falling to 0 at ten words, where it does not stand at all."""
    gaps = [abs(other.place - term.place) for other in sentence.terms if same_term(key, other.key)]
    return max(0.0, 1 - min(gaps, default=10) / 10)


def _counts(number: re.Match[str], term: Term, text: str) -> bool:
    """Whether a number may count what `term` names: "16 lbs, bag" counts no bags."""
    unit = MEASURED.match(text, number.end())
    return unit is None or unit.end() > term.start >= number.end()


def _pairs(question: Question, sentence: Sentence) -> list[tuple[re.Match[str], Term]]:
    counted = question.counted
    found = []
    every = list(NUMBER.finditer(sentence.text))
    for term in sentence.terms:
        if not (same_term(counted, term.key) or term.key == question.counted_word):
            continue
        numbers = [n for n in every if _counts(n, term, sentence.text)]
        before = [n for n in numbers if n.end() <= term.start and term.start - n.end() <= REACH]
        before = [n for n in before if not STOP.search(sentence.text[n.end() : term.start])]
        if before:
            found.append((before[-1], term))
            continue
        behind = [
            n for n in numbers if n.start() >= term.end and BEHIND.match(sentence.text[term.end : n.start()])
        ]
        found += [(number, term) for number in behind[:1]]
    if counted == "=people" and not found:
        for match in PEOPLE.finditer(sentence.text):
            found.append((match, Term("=people", match.start(), match.end(), 0)))
    return found
