"""The answer a page gives to one question, with the sentence it stands in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from assistant.passages import PassageFinder
from assistant.reading.counting import find_amount, find_count
from assistant.reading.holding import core_untitled, find_terms, find_with, first_term
from assistant.reading.language import Measure, load_language
from assistant.reading.limits import judge_quantity
from assistant.reading.page import Sentence, Term, plain, read_page
from assistant.reading.question import Question, read_question, read_unnamed
from assistant.reading.quoting import quote
from assistant.reading.sizes import read_chart
from assistant.reading.stance import is_denied
from assistant.reading.subject import ends_there, speaks_of_another
from shop.types import Product

Kind = Literal["yes", "no", "tells", "silent"]
WORD = re.compile(r"[^\W\d_]{4,}")
HOW_MUCH = re.compile(r"\bhow much\b", re.I)
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

    def __init__(
        self, finder: PassageFinder, language: str = "en", correct: Callable[[str], str] = str
    ) -> None:
        """`correct` gives a mistyped word as the catalogue spells it, any other as it is."""
        self._finder = finder
        self.language = load_language(language)
        self._correct = correct

    def read(self, text: str, product: Product) -> Reading:
        """What the page of `product` answers to the question `text`."""
        return self._answer(read_question(self._spelled(text, product), product, self.language), product)

    def read_statement(self, text: str, product: Product) -> Reading:
        """The same for a question without a name in it: "is waterproof", "how many pockets"."""
        return self._answer(read_unnamed(self._spelled(text, product), self.language), product)

    def _spelled(self, text: str, product: Product) -> str:
        """`text` with what is mistyped put right; words of the page stay as they are."""
        page = plain(" ".join((product.title, product.brand, *product.bullets, product.description)))

        def spell(word: re.Match[str]) -> str:
            own = plain(word[0])
            better = own if own in page else self._correct(own)
            return word[0] if better == own else better

        return WORD.sub(spell, text)

    def _answer(self, question: Question, product: Product) -> Reading:
        page = read_page(product, self.language)
        if question.kind != "polar" and (chart := read_chart(question.text, page)):
            return Reading("tells", chart, asked=question.words)
        match question.kind:
            case "polar":
                reading = self._decide(question, page)
                rest = tuple(key for key in question.core if key != question.tail)
                if reading.kind == "silent" and question.tail and rest:
                    reading = self._decide(replace(question, core=rest), page)
            case "count":
                said, number = find_amount(question, page) if HOW_MUCH.search(question.text) else ("", "")
                if not said:
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
        cores = dict.fromkeys((question.core, core_untitled(question, page[0])))
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
        if not best.denied and speaks_of_another(best.terms, best.sentence, page, question):
            return Reading("tells", quote(best.sentence.text, best.terms))
        kind: Kind = "yes" if best.denied == question.denied else "no"
        return Reading(kind, quote(best.sentence.text, best.terms))

    def _matches(self, question: Question, page: Sequence[Sentence], core: Sequence[str]) -> Iterator[_Match]:
        # A warranty does not lie in the box: to mention it is to give it.
        relation = "" if "=warranty" in question.core else question.relation
        cue, uncue = (kind.get(relation) for kind in (self.language.cues, self.language.denials))
        asked = plain(question.text)
        for place, sentence in enumerate(page):
            before = page[place - 1] if place > 1 else None
            for terms in find_with(core, sentence, before, question.joined):
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
                rank += LITERAL * all(_is_spelled(term, sentence, asked) for term in terms)
                yield _Match(sentence, terms, denied, rank)
            for key in question.core:
                pattern = self.language.contradicts.get(key.lstrip("="))
                if key.startswith("=") and pattern and (said := pattern.search(sentence.text)):
                    where = Term(key, said.start(), said.end(), 0)
                    yield _Match(sentence, (where,), True, 2.0)

    def _has(self, match: _Match) -> bool:
        """Whether a sentence says that the product has or does what the terms name."""
        return any(self.language.cues[cue].search(match.sentence.text) for cue in ("contain", "need"))

    def _is_cued(self, question: Question, sentence: Sentence, terms: Sequence[Term]) -> bool:
        """Whether the sentence says that the thing is there ("includes", "with a ...") or needed."""
        if self.language.cues[question.relation].search(sentence.text):
            return question.relation != "include" or ends_there(sentence, terms)
        before = sentence.text[: terms[0].start]
        near = self.language.cues["beside"].search(before)
        return question.relation == "include" and near is not None and ends_there(sentence, terms)

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
                if near is None and not place and not set(question.core) - _keys(sentence):
                    near = _titled(measure, sentence.text)
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
                    + (0.3 if measure.label == "its size" and SIDES.search(sentence.text) else 0.0)
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


def _is_spelled(term: Term, sentence: Sentence, asked: str) -> bool:
    """Whether the question has the word as the sentence has it, but for a plural: no "sharpener" is
    "sharpened"."""
    return plain(sentence.text[term.start : term.end]).rstrip("s") in asked


NOT_IN_THE_BOX = re.compile(r"\(?\b(?:is |are )?(?:not (?:be )?inclu\w*|sold separately)\)?", re.I)
SIDES = re.compile(r"\d\W{0,3}\w{0,6}\W{0,3}[x×*]\W{0,2}\d")
MATERIAL = re.compile(
    r"\b(?:acrylic|bamboo|leather|cotton|linen|wool|silicone|stainless steel|cast iron|wood(?:en)?|ceramic|"
    r"glass|porcelain|stoneware|plastic|nylon|polyester|velvet|silk|aluminum|brass|memory foam)\b",
    re.I,
)
LENGTH = re.compile(r"\d(?:\"|”|″| ?-?inch(?:es)?\b| ?cm\b| ?f(?:ee)?t\b)", re.I)
SHARE = re.compile(r"\d ?% ?[a-z]", re.I)
"""A share of something tells more than its name alone: "65% polyester"."""


def _keys(sentence: Sentence) -> set[str]:
    return {term.key for term in sentence.terms}


def _titled(measure: Measure, title: str) -> tuple[int, Term] | None:
    """The one length that a title gives, 'Spear Gun 29" (73.7 cm)', or its material: "Acrylic Rack"."""
    if measure.label == "its material" and (found := MATERIAL.search(title)):
        return CLOSE, Term("", found.start(), found.end(), 0)
    lengths = list(LENGTH.finditer(title)) if measure.label == "its length" else []
    if not lengths or len(lengths) > 2 or SIDES.search(title):
        return None
    return CLOSE, Term("", lengths[0].start(), lengths[0].end(), 0)


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


def _stated(text: str, question: Question) -> str:
    """The sentence as far as it bears on the question: that batteries are not included says nothing of
    whether they are needed."""
    if question.relation != "need" and not question.denied:
        return text
    return NOT_IN_THE_BOX.sub(lambda said: " " * len(said[0]), text)
