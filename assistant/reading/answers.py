"""The answer a page gives to one question, with the sentence it stands in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from assistant.passages import PassageFinder
from assistant.reading.counting import find_count
from assistant.reading.language import Measure, load_language
from assistant.reading.limits import judge_quantity
from assistant.reading.page import Sentence, Term, read_page, same_term
from assistant.reading.question import Question, read_question, read_unnamed
from assistant.reading.quoting import quote
from assistant.reading.stance import is_denied
from retrieval.english import FILLER
from retrieval.words import stem, words
from shop.types import Product

Kind = Literal["yes", "no", "tells", "silent"]
LOOSE = 7
"""Words that may stand between those asked for, and still be one statement."""
JOINED = 4
"""How far words may be apart that stand side by side in the question."""
NEAR_COSINE = 0.42
TELL_COSINE = 0.45
TOUCHING_COSINE = 0.2
LITERAL = 0.2
"""How much better the shopper's own word answers than another way of saying it."""
CLOSE = 24
BESIDE = 45
"""How far from a thing "not included" may stand."""
ALONE_COSINE = 0.62


@dataclass(frozen=True, slots=True)
class Reading:
    """What a page answers. `quote` is its sentence ('' where it is silent), `near` the sentence that
    comes nearest to what is asked without answering it; `asked` what was asked, in the shopper's words;
    `counted` the number that answers how many, `measure` what the question asks the amount or kind of
    ("its weight")."""

    kind: Kind
    quote: str = ""
    near: str = ""
    asked: str = ""
    counted: str = ""
    measure: str = ""


@dataclass(frozen=True, slots=True)
class _Match:
    sentence: Sentence
    terms: tuple[Term, ...]
    denied: bool
    rank: float


class Reader:
    """Reads pages; remembers sentences' vectors."""

    def __init__(self, finder: PassageFinder, language: str = "en") -> None:
        self._finder = finder
        self.language = load_language(language)

    def read(self, text: str, product: Product) -> Reading:
        """What the page of `product` answers to the question `text`."""
        return self._answer(read_question(text, product, self.language), product)

    def read_statement(self, text: str, product: Product) -> Reading:
        """The same for a question without a name in it: "is waterproof", "how many pockets"."""
        return self._answer(read_unnamed(text, self.language), product)

    def _answer(self, question: Question, product: Product) -> Reading:
        page = read_page(product, self.language)
        match question.kind:
            case "polar":
                reading = self._decide(question, page)
            case "count":
                said, number = find_count(question, page)
                if said or not question.measure:
                    reading = Reading("tells", said, counted=number) if said else Reading("silent")
                else:
                    reading = self._tell(question, page)
            case _:
                reading = self._tell(question, page)
        if reading.kind == "silent":
            reading = replace(reading, near=self._nearest(question, page, product))
        return replace(
            reading, asked=question.words, measure=question.measure.label if question.measure else ""
        )

    def _decide(self, question: Question, page: Sequence[Sentence]) -> Reading:
        """Yes or no, from the sentence that says so most plainly."""
        if question.quantity and (judged := judge_quantity(question, page)):
            fits, said = judged
            return Reading("yes" if fits else "no", said)
        cores = dict.fromkeys((question.core, _core_untitled(question, page[0])))
        matches = next((found for core in cores if (found := list(self._matches(question, page, core)))), [])
        if not matches:
            # The page speaks of it, though not of whether it comes with it or is needed: quoted, not judged.
            told = next(
                ((s, t) for s in page[1:] for t in find_terms(question.core, s, question.joined)[:1]), None
            )
            return Reading("tells", quote(told[0].text, told[1])) if told else Reading("silent")
        best = max(matches, key=lambda match: match.rank)
        if question.denied and not best.denied and not self._has(best):
            # "Safe from gluten and other allergens": spoken of, and no sign that it is there.
            return Reading("tells", quote(best.sentence.text, best.terms))
        if not best.denied and (
            _speaks_of_a_part(best, page[0], question)
            or _is_advice(best, question)
            or self._points_back(best, page, question)
        ):
            return Reading("tells", quote(best.sentence.text, best.terms))
        kind: Kind = "yes" if best.denied == question.denied else "no"
        return Reading(kind, quote(best.sentence.text, best.terms))

    def _matches(self, question: Question, page: Sequence[Sentence], core: Sequence[str]) -> Iterator[_Match]:
        # A warranty does not lie in the box: to mention it is to give it.
        relation = "" if "=warranty" in question.core else question.relation
        cue, uncue = (kind.get(relation) for kind in (self.language.cues, self.language.denials))
        for place, sentence in enumerate(page):
            before = page[place - 1] if place > 1 else None
            for terms in _find_with(core, sentence, before, question.joined):
                denied = is_denied(_stated(sentence.text, question), terms, self.language)
                beside = sentence.text[max(0, terms[0].start - BESIDE) : terms[-1].end + BESIDE]
                if denied and uncue and not uncue.search(beside):
                    continue
                if not denied and cue and not self._is_cued(question, sentence, terms):
                    continue
                if not denied and cue and not place and question.relation == "need":
                    continue
                span = terms[-1].place - terms[0].place
                rank = (
                    (3.0 if denied else 0.0) + (1.0 if place else 0.5) - span / 10 - len(sentence.terms) / 500
                )
                rank += LITERAL * any(term.key in question.literal for term in sentence.terms)
                yield _Match(sentence, terms, denied, rank)
            for key in question.core:
                pattern = self.language.contradicts.get(key.lstrip("="))
                if key.startswith("=") and pattern and (said := pattern.search(sentence.text)):
                    where = Term(key, said.start(), said.end(), 0)
                    yield _Match(sentence, (where,), True, 2.0)

    def _has(self, match: _Match) -> bool:
        """Whether a sentence says that the product has or does what the terms name."""
        return any(self.language.cues[cue].search(match.sentence.text) for cue in ("contain", "need"))

    def _points_back(self, match: _Match, page: Sequence[Sentence], question: Question) -> bool:
        """Whether "it" or "they" may be something that the sentence before has just brought in."""
        at = page.index(match.sentence)
        if at < 2 or question.relation or not POINTS_BACK.match(match.sentence.text):
            return False
        if any(first_term(key, match.sentence) is None for key in question.core):
            return False  # what it points back to is what was asked about
        return INTRODUCES.search(page[at - 1].text) is not None

    def _is_cued(self, question: Question, sentence: Sentence, terms: Sequence[Term]) -> bool:
        """Whether the sentence says that the thing is there ("includes", "with a ...") or needed."""
        if self.language.cues[question.relation].search(sentence.text):
            return question.relation != "include" or _ends_there(sentence, terms)
        before = sentence.text[: terms[0].start]
        near = self.language.cues["beside"].search(before)
        return question.relation == "include" and near is not None and _ends_there(sentence, terms)

    def _tell(self, question: Question, page: Sequence[Sentence]) -> Reading:
        """The sentence that tells what is asked, or silence."""
        measure = question.measure
        cosines = self._finder.cosines(question.text, [sentence.text for sentence in page])
        best: tuple[float, str] | None = None
        for place, (sentence, cosine) in enumerate(zip(page, cosines, strict=True)):
            held = [term for key in question.core if (term := first_term(key, sentence))]
            coverage = len(held) / len(question.core) if question.core else 0.0
            rank = (0.5 if measure and not question.part else 1.5) * coverage + cosine
            where: Sequence[Term] = held
            if measure:
                near = _closest(measure, sentence.text, held if coverage == 1 else ())
                if near is None:
                    continue
                gap, form = near
                sure = gap <= CLOSE and not question.part
                if question.core and coverage < 0.5 and cosine < (TOUCHING_COSINE if sure else TELL_COSINE):
                    continue
                if question.part and coverage < 1:
                    continue
                rank += (
                    0.5
                    - min(gap, 60) / 100
                    + (0.2 if measure.label == "its material" and SHARE.search(sentence.text) else 0.0)
                )
                where = [*held, form]
            else:
                full = bool(question.core) and coverage == 1 and cosine >= 0.1
                if not place or not (full or (coverage >= 0.5 and cosine >= 0.3) or cosine >= ALONE_COSINE):
                    continue
            if best is None or rank > best[0]:
                best = rank, quote(sentence.text, where)
        return Reading("tells", best[1]) if best else Reading("silent")

    def _nearest(self, question: Question, page: Sequence[Sentence], product: Product) -> str:
        """The sentence about something close to what is asked; '' where there is none."""
        if len(page) < 2:
            return ""
        cosines = self._finder.cosines(question.text, [sentence.text for sentence in page[1:]])
        asked = [key for key in question.core]
        best: tuple[float, Sentence] | None = None
        for sentence, cosine in zip(page[1:], cosines, strict=True):
            held = sum(first_term(key, sentence) is not None for key in asked)
            rank = cosine + 0.3 * held
            if (held or cosine >= NEAR_COSINE) and cosine >= 0.3 and (best is None or rank > best[0]):
                best = rank, sentence
        return quote(best[1].text, ()) if best else ""


def _speaks_of_a_part(match: _Match, title: Sentence, question: Question) -> bool:
    """Whether the sentence says so of something else than the product: "our covers are washable"."""
    subject = SUBJECT.search(match.sentence.text[: match.terms[0].start])
    if subject is None:
        return False
    word = stem(subject[1].lower())
    known = {term.key for term in title.terms} | {stem(said) for said in words(question.text)}
    return word not in known and subject[1].lower() not in WHOLES


def _stated(text: str, question: Question) -> str:
    """The sentence as far as it bears on the question: that batteries are not included says nothing of
    whether they are needed."""
    if question.relation != "need" and not question.denied:
        return text
    return NOT_IN_THE_BOX.sub(lambda said: " " * len(said[0]), text)


def _is_advice(match: _Match, question: Question) -> bool:
    """Whether the sentence tells the buyer to take something else to it: "use a waterproof primer first"."""
    if question.relation:
        return False
    before = match.sentence.text[: match.terms[0].start]
    return ADVICE.search(before) is not None


def _find_with(
    core: Sequence[str], sentence: Sentence, before: Sentence | None, joined: frozenset[tuple[str, str]]
) -> list[tuple[Term, ...]]:
    """`find_terms`, also where "it" or "they" stands for what the sentence before names."""
    found = find_terms(core, sentence, joined)
    if found or before is None or not POINTS_BACK.match(sentence.text):
        return found
    # What is asked about comes first in the question, what is asked of it last.
    named = next((n for n, key in enumerate(core) if first_term(key, sentence)), len(core))
    if not 0 < named < len(core) or any(first_term(key, before) is None for key in core[:named]):
        return []
    return find_terms(core[named:], sentence, joined)


SHARE = re.compile(r"\d ?% ?[a-z]", re.I)
"""A share of something tells more than its name alone: "65% polyester"."""
NOT_IN_THE_BOX = re.compile(r"\(?\b(?:is |are )?(?:not (?:be )?inclu\w*|sold separately)\)?", re.I)
POINTS_BACK = re.compile(r"\W*(?:it|they|these|those)\b(?!['’]s (?:also|a|an|the)\b)", re.I)
INTRODUCES = re.compile(r"\b(?:includ\w+|comes? with|plus an?|along with)\b", re.I)
ADVICE = re.compile(
    r"\b(?:use|apply|add|buy|choose|pick|wear|get)\s+(?:it\s+)?(?:with\s+)?(?:an?|some|our|your|any)\s+(?:[\w-]+\s+){0,2}$",
    re.I,
)
WHOLES = frozenset(
    "it they this these that those product products item items which and all both everything he she we you "
    "one ones".split()
)
SUBJECT = re.compile(r"\b([^\W\d_]+)\s+(?:is|are|can be|should be)\s+(?:[^\W\d_]+\s+){0,2}$", re.I)
CLAUSE_END = re.compile(r"[;.!?](?:\s|$)|[\[\]]")


def _ends_there(sentence: Sentence, terms: Sequence[Term]) -> bool:
    """Whether the thing named ends with these terms: in "bulb cord" and "straw lid" it is another."""
    behind = re.match(r"\s+([^\W\d_]+)", sentence.text[terms[-1].end :])
    return behind is None or behind[1].lower() in FILLER or behind[1].lower() in AFTER_A_THING


AFTER_A_THING = frozenset(
    "because that which so thus for to when while against makes keeps lets allows helps gives included "
    "provided supplied attached set sets pack".split()
)


def _closest(measure: Measure, text: str, held: Sequence[Term]) -> tuple[int, Term] | None:
    """How far the form of an answer stands from a word that goes with it, or from what is asked about,
    and where it is."""
    best: tuple[int, Term] | None = None
    besides = [(match.start(), match.end()) for match in measure.beside.finditer(text)]
    besides += [(term.start, term.end) for term in held]
    for form in measure.form.finditer(text):
        for start, end in besides:
            gap = max(form.start() - end, start - form.end(), 0)
            if best is None or gap < best[0]:
                best = gap, Term("", min(form.start(), start), max(form.end(), end), 0)
    return best


def first_term(key: str, sentence: Sentence) -> Term | None:
    """Where the sentence holds `key` (or another form of its word)."""
    return next(iter(_places(key, sentence)), None)


def _places(key: str, sentence: Sentence) -> list[Term]:
    if key.startswith("#"):
        return _adjacent(key, sentence)
    return [term for term in sentence.terms if same_term(key, term.key)]


def _adjacent(key: str, sentence: Sentence) -> list[Term]:
    """Places of "#size 6": the number beside its word."""
    word, number = key[1:].split(" ")
    words = [term for term in sentence.terms if not term.key.startswith("=")]
    return [
        replace(term, start=min(term.start, other.start), end=max(term.end, other.end))
        for term in words
        if term.key == number
        for other in words
        if other.key == word and abs(other.place - term.place) == 1
    ]


def _core_untitled(question: Question, title: Sentence) -> tuple[str, ...]:
    """The terms asked for without those beside another that the title says of the product anyway: the "golf"
    of "golf balls", the "paper" of "recycled paper"."""
    core = question.core
    said = {key for key in core if first_term(key, title)}
    # The first of a pair is the lesser part: "golf balls" are balls.
    beside = {one for one, _ in question.joined} | {
        other for one, other in question.joined if one not in said
    }
    return tuple(key for key in core if key not in said or key not in beside)


def find_terms(
    core: Sequence[str], sentence: Sentence, joined: frozenset[tuple[str, str]] = frozenset()
) -> list[tuple[Term, ...]]:
    """Wherever the sentence holds all terms of `core` close together, in order of their places; the
    `joined` ones within few words of each other."""
    places = [_places(key, sentence) for key in core]
    if not core or not all(places):
        return []
    found = []
    for anchor in places[0]:
        chosen = [anchor]
        for options in places[1:]:
            chosen.append(min(options, key=lambda term: abs(term.place - anchor.place)))
        ordered = tuple(sorted(chosen, key=lambda term: term.place))
        between = sentence.text[ordered[0].start : ordered[-1].end]
        at = {key: term.place for key, term in zip(core, chosen, strict=True)}
        if any(abs(at[one] - at[other]) > JOINED for one, other in joined if one in at and other in at):
            continue
        if ordered[-1].place - ordered[0].place <= len(core) + LOOSE and not CLAUSE_END.search(between):
            found.append(ordered)
    return found
