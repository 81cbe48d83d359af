"""What a model wrote, checked sentence by sentence against the plan it was given.

A model's sentence reaches the reader only if everything in it comes from the plan: handles exist,
nothing factual is typed out, its yes or no is the plan's. Each rule returns the first reason to
drop the sentence, so that a trace can say why. The composer's phrases pass the same audit in the
tests. Knows nothing of how the words came about.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from assistant.plan import DENIALS, HANDLE, Act, Plan

MAX_WORDS = 60
# A piece ends where a sentence does, unless the stop is inside a handle or an abbreviation.
SENTENCE_END = re.compile(r"(?<=[.!?])[\"”')]*\s+|\n+")

ENDS = re.compile(r"[.!?:…][\"”')]*\s*$|”\s*$")

FIGURE = re.compile(r"\d|[%€£$¥]|\b(?:per ?cent|pounds?|euros?|dollars?|pence|cents?)\b", re.I)
NUMBER_WORD = re.compile(
    r"\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|"
    r"hundred|thousand|dozen|half|double|twice)\b",
    re.I,
)
PROMISE = re.compile(
    r"\b(?:free|discount|sale|(?:an|the|our|special) offers?|deal|coupon|refund|guarantee\w*|"
    r"warrant\w+|deliver\w*|shipping|ships?|tomorrow|today|tonight|best[- ]?sell\w+|award\w*|"
    r"certified|limited|this (?:week|month|season))\b",
    re.I,
)
LINK = re.compile(r"https?:|www\.|@|<\w|\w\.(?:com|net|org|shop)\b", re.I)
NEGATION = re.compile(
    r"n['’]t\b|\b(?:no|not|none|nothing|never|cannot|without|sorry|unfortunately|afraid)\b", re.I
)
AFFIRMATION = re.compile(r"^\W*(?:yes|yep|sure|certainly|absolutely|of course)\b", re.I)
REFUSAL = re.compile(r"^\W*(?:no\b(?! \w)|nope\b)", re.I)
RATED = re.compile(r"\b(?:rated|rating|ratings|stars?)\b", re.I)
PRICED = re.compile(r"\b(?:costs?|priced?|prices)\b", re.I)
STOCKED = re.compile(r"\b(?:(?:in|out of) stock|(?:un)?available|sold out)\b", re.I)
SELLING = re.compile(r"\b(?:sell|selling|stock|stocked|carry)\b", re.I)

# "not stated" must never read as "no": what follows a product's name denies it something, unless it
# goes on to speak of saying.
SPEAKS_OF_SAYING = (
    r"(?:say|mention|state|give|list|tell|cover|specif|show|note|includ|record|touch|go\b|address|spell|clear|"
    r"describ|detail|reveal|answer|hold|settle|come up|get into|stretch|talk|something|anything|in\b|on\b|"
    r"part\b|known)"
)
SAYS_NO_OF_IT = re.compile(
    r"\x00[”\"]?,? (?:(?:is|are|was|has|does|do|will|can)(?:n['’]t| not)|has no|have no|lacks?|"
    rf"comes? without|never)\b(?! (?:\w+ )?{SPEAKS_OF_SAYING})",
    re.I,
)

SET_ASIDE = re.compile(
    r"\b(?:left|leav\w+|stay(?:ed)?|kept|set|put)\b[^.!?]*\b(?:out|aside)\b|\bdid(?:n['’]t| not) go by\b",
    re.I,
)
"""How a gift's wording says that the customer's own purchases were not looked at."""
PERSONAL = re.compile(
    r"\byou(?:['’]ve| have)?(?: \w+ly)? (?:bought|ordered|chose|chosen|liked|picked|purchased)\b|"
    r"\byour (?:\w+ )?(?:orders?|purchases?|basket|shopping|history|taste|favou?rites?)\b|\blast time\b",
    re.I,
)
"""What a message may not say to a customer whose history it may not use."""

CUT_CLAUSE = re.compile(
    r"(?:['’](?:s|re)|\b(?:is|are|was|a|an|the|with|for|of|as|by|to))\s+\[\w+\.why\]", re.I
)
"""A reason is a whole clause, so "it's" and the like cannot lead into it."""

STOCK_ACTS = frozenset({"answer_in_stock", "answer_out_of_stock", "answer_option_sold_out", "count_options"})
YES_ACTS = frozenset({"page_yes", "answer_yes", "answer_in_stock", "answer_option_yes"})
NO_ACTS = frozenset({"page_no", "answer_no", "answer_option_no", "answer_out_of_stock"})
NEGATIVE_ACTS = (
    DENIALS
    | NO_ACTS
    | {"never_bought", "no_orders", "no_offer", "no_discount", "not_mentioned", "end_of_list", "order_status"}
    | {"compare_unpriced", "compare_little", "compare_same_rating", "recommend_gift"}
    | {"contrast_lacks", "contrast_silent", "reviews_silent", "reviews_unread"}
    | {"out_of_scope", "apologise", "clarify_product", "greet", "handoff", "order_action"}
    | {"no_recommendation", "introduce", "refuse", "search_failed", "sign_in"}
    | {"brief_who_none", "brief_dislikes", "step_lapsed", "step_lapsed_consent", "step_open", "step_none"}
)
QUESTION_ACTS = frozenset(
    {"clarify", "clarify_product", "clarify_compare", "clarify_order", "ask_narrow", "offer_person"}
    | {"chat", "greet", "greet_by_name", "thanks", "goodbye", "out_of_scope"}
    | {"no_recommendation", "search_failed", "refuse"}
    | {"mail_subject", "mail_subject_product", "mail_subject_neutral", "sms_winback", "sms_offer"}
    | {"mail_subject_offer", "mail_preheader_offer", "mail_preheader", "mail_preheader_neutral", "mail_cta"}
    | {"mail_cta_offer", "mail_opening_neutral"}
)
PRICELESS_ACTS = frozenset({"compare_unpriced", "ask_narrow", "clarify"})
"""Acts that speak of prices without naming one."""
OFFER_ACTS = frozenset(
    {"no_offer", "no_discount", "mail_offer", "mail_subject_offer", "mail_preheader_offer"}
    | {"mail_cta_offer", "sms_offer"}
)
"""Acts that may speak of offers: those that know of none, and those that hold the shop's own."""
REQUIRED_WORDS = {"greet": re.compile(r"\bAI\b"), "recommend_gift": SET_ASIDE}
"""Words an act has to hold: whoever begins to talk with us is told that we are a machine, and a gift is
not chosen by the giver's own taste."""
# Words that open with a capital in mid-sentence without naming anything.
CAPITALISED_WORDS = frozenset({"I", "I'm", "I’m", "I'd", "I’d", "I'll", "I’ll", "I've", "I’ve", "AI", "OK"})


OCCASIONS = frozenset(
    {"Mother's", "Father's", "Mother’s", "Father’s", "Valentine's", "Valentine’s", "Day", "New", "Year's"}
    | {"Year’s", "Eve", "Christmas", "Easter", "Halloween", "Thanksgiving", "Diwali", "Eid", "Hanukkah"}
)
"""Names that may be said back to a shopper who used them: they claim nothing of a product."""

WORD = re.compile(r"[a-z]+(?:['’][a-z]+)?")


def shopper_words(message: str) -> frozenset[str]:
    """The words of a shopper's message, and the same as we say them back."""
    words = set(WORD.findall(message.lower()))
    return frozenset(words | {word.removesuffix("'s").removesuffix("’s") for word in words})


@dataclass(frozen=True, slots=True)
class Violation:
    """Why a sentence was dropped: the rule's name and what tripped it."""

    rule: str
    detail: str


def split_sentences(pieces: Iterable[str]) -> Iterator[str]:
    """Whole sentences, with their trailing space, as soon as the stream has completed them."""
    buffer = ""
    for piece in pieces:
        buffer += piece
        while match := SENTENCE_END.search(buffer):
            sentence, buffer = buffer[: match.end()], buffer[match.end() :]
            if sentence.strip():
                yield sentence
    if buffer.strip():
        yield buffer


class Audit:
    """Checks one turn's sentences in order. `guarded` are words only records may say, lower case
    (the catalogue's brands and colours); `lexicon`, where given, are the only words that the writer
    may type besides those of the shopper's own `message`."""

    def __init__(
        self,
        plan: Plan,
        guarded: frozenset[str] = frozenset(),
        lexicon: frozenset[str] | None = None,
        message: str = "",
    ) -> None:
        self.plan = plan
        self.guarded = guarded
        self.occasions = OCCASIONS & set(re.findall(r"[A-Z][\w'’]*", message))
        self.lexicon = None if lexicon is None else lexicon | shopper_words(message)
        self.kinds = frozenset(act.kind for act in plan.acts)
        self.said: list[str] = []

    def check(self, sentence: str) -> Violation | None:
        """The first reason why `sentence` may not be said, or None, which also records it as said."""
        handles = list(HANDLE.finditer(sentence))
        typed = HANDLE.sub("\x00", sentence)
        rules = (self._handles, self._pairing, self._figures, self._names, self._stance, self._sense)
        for rule in (*rules, self._whole):
            violation = rule(sentence, typed, handles)
            if violation:
                return violation
        if sentence.strip() in self.said:
            return Violation("repeated", sentence.strip()[:40])
        self.said.append(sentence.strip())
        return None

    def typed_facts(self, text: str) -> list[str]:
        """Every fact that `text` types out itself, whatever else is wrong with it."""
        found = []
        for sentence in split_sentences([text]):
            handles = list(HANDLE.finditer(sentence))
            typed = HANDLE.sub("\x00", sentence)
            for rule in (self._figures, self._names):
                violation = rule(sentence, typed, handles)
                if violation and violation.rule.startswith("typed"):
                    found.append(violation.detail)
        return found

    def lacks(self) -> str:
        """A word that an act has to hold and none of the sentences said so far does; '' if none."""
        text = " ".join(self.said)
        for act in self.plan.acts:
            if (wanted := REQUIRED_WORDS.get(act.kind)) and not wanted.search(text):
                return wanted.pattern
        return ""

    def unsaid(self) -> tuple[Act, ...]:
        """Acts of which a must-say is in no sentence said so far, in the plan's order."""
        text = " ".join(self.said)
        return tuple(
            act
            for act in self.plan.acts
            if not text or any(handle not in text for handle in act.must_handles)
        )

    def _handles(self, sentence: str, typed: str, handles: list[re.Match[str]]) -> Violation | None:
        for match in handles:
            if self.plan.value(match[1], match[2]) is None:
                return Violation("unknown handle", match[0])
        if not handles and self.lexicon is None and any(act.must for act in self.plan.acts):
            return Violation("refers to no record", sentence.strip()[:40])
        if "[" in typed or "]" in typed or "{" in typed:
            return Violation("broken handle", typed.strip()[:40])
        return None

    def _whole(self, sentence: str, typed: str, handles: list[re.Match[str]]) -> Violation | None:
        """Sentences end as sentences do; the parts of a message (a subject, a button) need not."""
        if ENDS.search(sentence) or all(kind.startswith(("mail", "sms")) for kind in self.kinds):
            return None
        return Violation("unfinished", sentence.strip()[-20:])

    def _pairing(self, sentence: str, typed: str, handles: list[re.Match[str]]) -> Violation | None:
        """Only the acts' handles are said, each once, a field beside the record named before it."""
        given = {
            handle
            for act in self.plan.acts
            for value in act.slots.values()
            for handle in (value if isinstance(value, tuple) else (value,))
        }
        named = ""
        seen: set[str] = set()
        for match in handles:
            if match[0] not in given:
                return Violation("handle of another act", match[0])
            compares = any(kind.startswith("compare") for kind in self.kinds)
            if match[2] is None:
                if match[0] in seen and not compares:
                    return Violation("said twice", match[0])
                seen.add(match[0])
                named = match[1]
                continue
            if match[0] in seen:
                return Violation("said twice", match[0])
            seen.add(match[0])
            if (
                match[1].isdecimal()
                and named not in ("", match[1])
                and "compare_same_price" not in self.kinds
            ):
                return Violation("field of another record", match[0])
        return None

    def _figures(self, sentence: str, typed: str, handles: list[re.Match[str]]) -> Violation | None:
        for rule, pattern in (
            ("typed figure", FIGURE),
            ("typed number word", NUMBER_WORD),
            ("typed promise", PROMISE),
            ("typed link or markup", LINK),
        ):
            if rule == "typed promise" and self.kinds & OFFER_ACTS:
                continue
            if match := pattern.search(typed):
                return Violation(rule, match[0])
        if len(typed.split()) > MAX_WORDS:
            return Violation("too long", f"{len(typed.split())} words")
        return None

    def _names(self, sentence: str, typed: str, handles: list[re.Match[str]]) -> Violation | None:
        words = re.findall(r"[^\s\x00,.;:!?()\"“”]+", typed)
        opens_with_word = bool(words) and typed.lstrip(" \"“'(").startswith(words[0])
        for position, word in enumerate(words):
            if position == 0 and opens_with_word:
                continue
            if word[0].isupper() and word not in CAPITALISED_WORDS | self.occasions:
                return Violation("typed name", word)
        held = " ".join(value for record in self.plan.records for value in record.fields.values()).lower()
        for word in words:
            plain = word.lower().strip("'’-–—…")
            if plain in self.guarded and plain not in held:
                return Violation("typed attribute", word)
            if self.lexicon is not None and not set(WORD.findall(plain)) <= self.lexicon:
                return Violation("untaught word", word)
        return None

    def _stance(self, sentence: str, typed: str, handles: list[re.Match[str]]) -> Violation | None:
        if AFFIRMATION.search(typed) and not self.kinds & YES_ACTS:
            return Violation("yes not in the plan", typed.strip()[:20])
        if REFUSAL.search(typed) and not self.kinds & NO_ACTS:
            return Violation("no not in the plan", typed.strip()[:20])
        if "?" in typed and not self.kinds & QUESTION_ACTS:
            return Violation("question not in the plan", typed.strip()[-20:])
        negative = NEGATION.search(typed)
        if negative and not self.kinds & NEGATIVE_ACTS:
            return Violation("denial not in the plan", negative[0])
        for act in self.plan.acts:
            wants_no = act.kind in DENIALS | NO_ACTS
            if wants_no and not negative and any(handle in sentence for handle in act.must_handles):
                return Violation("denial left out", act.kind)
        return None

    def _sense(self, sentence: str, typed: str, handles: list[re.Match[str]]) -> Violation | None:
        fields = {match[2] or "" for match in handles}
        if CUT_CLAUSE.search(sentence):
            return Violation("a reason said as a part of a clause", sentence.strip()[:40])
        if RATED.search(typed) and not any("rating" in name for name in fields):
            return Violation("rating without its record", sentence.strip()[:40])
        priced = self.kinds & PRICELESS_ACTS or any("price" in name or name == "gap" for name in fields)
        if PRICED.search(typed) and not priced:
            return Violation("price without its record", sentence.strip()[:40])
        if STOCKED.search(typed) and not self.kinds & STOCK_ACTS:
            return Violation("stock without its record", sentence.strip()[:40])
        if self.kinds & {"not_known", "not_stated"} and SAYS_NO_OF_IT.search(typed):
            return Violation("silence said as a no", sentence.strip()[:40])
        if self.kinds & {"recommend", "recommend_also", "show_similar"} and SET_ASIDE.search(typed):
            return Violation("says that history was left out", sentence.strip()[:40])
        if any(kind.endswith("_neutral") for kind in self.kinds) and PERSONAL.search(typed):
            return Violation("history that may not be used", sentence.strip()[:40])
        if SELLING.search(typed) and self.kinds & {"not_known", "not_stated"}:
            return Violation("silence said as a refusal", sentence.strip()[:40])
        return None
