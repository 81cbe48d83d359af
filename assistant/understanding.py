"""What one message means in its conversation: intent, query, references. No model call.

Rules and nearest examples give a first intent (`assistant.intents`); what was shown before decides
whether a message refines a search or asks about a product.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from assistant.intents import Intent, IntentClassifier
from assistant.memory import State
from assistant.naming import Namer
from assistant.privacy import redact
from assistant.references import Reference, resolve
from insight.mood import Mood, read_mood
from retrieval.english import LINKS
from retrieval.heads import things_in
from retrieval.query import Filters, Query, parse_query
from retrieval.search import Search
from retrieval.words import words

MAX_MESSAGE_CHARS = 2000
LONG_MESSAGE_WORDS = 12
SENTENCES = re.compile(r"(?<=[.!?])\s+|\n+")
MARKUP = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.I | re.S)

# Below these, the nearest examples are no evidence against what the catalogue says.
SURE = 0.55
CLUELESS = 0.2
NO_MOOD = Mood()
ABOUT_THEM = {"own_order", "about_self", "how_are_you"}
"""Rules that questions about a recommendation set off as well: "is that because of my orders?"."""
GOES_ON = "goes on from a recommendation"


@dataclass(frozen=True, slots=True)
class Understanding:
    """One message, understood.

    `message` is redacted; `orders` are order numbers as typed; `asks` names what else the words
    ask for or say ("price", "gift", "similar" ...: the [asks] of `intents/<language>.toml`); `named` are
    the products that a question names by their own words: one, or two to choose between. `mood` is the
    writer's, read in English only. `is_of_gift`: what was asked for before was a gift.
    """

    message: str
    intent: Intent
    query: Query
    reference: Reference
    orders: tuple[str, ...] = ()
    asks: frozenset[str] = frozenset()
    named: tuple[str, ...] = ()
    mood: Mood = NO_MOOD
    is_of_gift: bool = False

    @property
    def turned_down(self) -> str:
        """The one product on show that the shopper does not want, '' where it is none or several."""
        ids = self.reference.ids
        return ids[0] if len(ids) == 1 and "dislikes" in self.asks else ""

    @property
    def goes_on(self) -> bool:
        """Whether the message says more of a recommendation wished for before."""
        return self.intent.cue == GOES_ON

    @property
    def insists(self) -> bool:
        """Whether a recommendation is asked for of a certain thing, so that it is said where there is none:
        "recommend a drone"."""
        return bool({"of_thing", "wants", "catalogue"} & self.asks) and "gift" not in self.asks

    @property
    def tells_more(self) -> bool:
        """Whether the message seems to say more of what was asked for before: "she likes gardening"."""
        return bool({"person", "refines"} & self.asks) and not {"catalogue", "wants"} & self.asks

    @property
    def tastes(self) -> tuple[tuple[str, str], ...]:
        """("likes" or "dislikes", words) that the message says of the shopper; what it says of somebody else,
        for whom a gift is sought, is no taste of theirs."""
        if self.is_of_gift or {"gift", "person"} & self.asks:
            return ()
        disliked = self.query.filters.without if "dislikes" in self.asks else ()
        # "cats and old maps" are two things that are liked.
        parts = re.split(rf"\b(?:{'|'.join(LINKS)})\b", self.query.topic)
        topic = tuple(part.strip() for part in parts if part.strip()) or self.query.filters.colours
        liked = topic if "likes" in self.asks else ()
        if "dislikes" in self.asks and not disliked and not liked:
            disliked = topic
        return (*(("likes", each) for each in liked), *(("dislikes", each) for each in disliked))

    @property
    def names_no_thing(self) -> bool:
        """Whether the topic is only an occasion, a person or talk of shopping ("gift mother", "customers
        like me"), no kind of thing."""
        return not things_in(self.query.topic, of_gift="gift" in self.asks)


class Understander:
    """Understands messages against one shop's catalogue."""

    def __init__(self, search: Search, classifier: IntentClassifier) -> None:
        self.search = search
        self.classifier = classifier
        self.namer = Namer(search)
        self.reads_mood = classifier.language == "en"

    def understand(self, message: str, state: State) -> Understanding:
        """The meaning of `message` after the turns that led to `state`."""
        stored = redact(message[:MAX_MESSAGE_CHARS]).strip()
        text = MARKUP.sub(" ", stored)
        asked = self._main_sentences(text)
        query = parse_query(asked, self.search.vocabulary)
        if asked != text:
            # "I need a gift. My budget is £20. Nothing pink." keeps its budget.
            bounds = parse_query(text, self.search.vocabulary).filters
            bounds = Filters(
                min_price=bounds.min_price,
                max_price=bounds.max_price,
                without=bounds.without,
                not_colours=bounds.not_colours,
            )
            query = replace(query, filters=bounds.merged(query.filters))
        said = Understanding(
            message=stored,
            intent=Intent("smalltalk", 1.0, "no words"),
            query=query,
            reference=resolve(asked, state, self.search.products),
            orders=self.classifier.order_numbers(text),
            asks=self._asks(text),
            mood=read_mood(text) if self.reads_mood else NO_MOOD,
        )
        if "dislikes" in said.asks and not said.reference.ids and state.intent == "explain":
            said = replace(said, reference=Reference(state.focus[:1], "just explained"))
        if not re.search(r"\w", text):
            return said
        said = self._without_models(replace(said, named=self._named(said)))
        said = replace(said, intent=self._intent(said, state))
        before = [self.classifier.asks(text) & {"gift", "child"} for text in state.wished or state.searched]
        if said.goes_on:
            said = replace(said, asks=said.asks.union(*before))
        return replace(said, is_of_gift=any("gift" in asks for asks in before))

    def _without_models(self, said: Understanding) -> Understanding:
        """`said` without the order numbers that are a named product's own: "the wave brush #1930"."""
        called = {word for one in said.named for word in words(self.search.products[one].title)}
        return replace(said, orders=tuple(number for number in said.orders if number.lower() not in called))

    def _asks(self, text: str) -> frozenset[str]:
        """Everything else the words ask for; "I don't like the first" asks for nothing like the first."""
        asks = self.classifier.asks(text)
        return asks - {"similar"} if "dislikes" in asks else asks

    def _named(self, said: Understanding) -> tuple[str, ...]:
        """Products that a question names; none where it asks what the shop has."""
        if said.reference.ids or not {"question", "compares"} & said.asks:
            return ()
        if "compares" in said.asks and (pair := self.namer.pair(said.message)):
            return tuple(named.product.id for named in pair)
        if {"wants", "catalogue"} & said.asks or said.query.superlative:
            return ()
        if said.query.count and (said.query.filters.min_price or said.query.filters.max_price):
            return ()
        named = self.namer.name(said.message)
        return (named.product.id,) if named and named.sure else ()

    def _main_sentences(self, text: str) -> str:
        """The sentences of a longer message that ask for something; a short message whole."""
        sentences = [one for one in SENTENCES.split(text) if one.strip()]
        if len(text.split()) <= LONG_MESSAGE_WORDS or len(sentences) == 1:
            return text
        for cue in ("question", "wants", "about_product"):
            asking = [one for one in sentences if cue in self.classifier.asks(one)]
            if asking:
                return " ".join(asking[-2:])
        return text

    def _intent(self, said: Understanding, state: State) -> Intent:
        rule = self._rule(said)
        if (rule is None or rule.cue in ABOUT_THEM) and (why := self._asks_why(said, state)):
            return why
        asks = said.asks
        if "anger" in asks and "wants" not in asks and (rule is None or rule.name != "out_of_scope"):
            return Intent("handoff", 0.9, "anger")
        if len(said.named) == 2 and (rule is None or rule.name in {"compare", "recommend"}):
            return Intent("compare", 1.0, "names two products")
        if found := rule or self._goes_on(said, state) or self._of_one(said):
            return found
        if self._refines(said, state):
            return Intent("followup", 1.0, "refines the last search")
        if said.reference.cue == "ordinal" and not self._known(said.query):
            return Intent("product_question", 0.7, "points at nothing shown")
        if said.query.superlative or (said.query.count and "about_product" not in asks):
            return Intent("find", 1.0, "superlative or count")
        return self._check_guess(self.classifier.classify(said.message), said, state)

    def _of_one(self, said: Understanding) -> Intent | None:
        """The intent of what is asked of a product pointed at or named; None where none is."""
        pointed = bool(said.reference.ids)
        if "similar" in said.asks and (pointed or said.named):
            return Intent("followup" if pointed else "find", 1.0, "like one pointed at")
        if said.named:
            return Intent("product_question", 1.0, "names a product")
        if pointed and not (said.query.cheaper or said.query.dearer):
            if "about_product" in said.asks or ("question" in said.asks and "more" not in said.asks):
                return Intent("product_question", 1.0, said.reference.cue)
            if said.reference.cue == "ordinal" and not said.query.topic:
                return Intent("product_question", 0.9, "picked one")
        return None

    def _rule(self, said: Understanding) -> Intent | None:
        """What the words leave no doubt about."""
        rule = self.classifier.match_rules(said.message)
        if rule and said.named and rule.cue in {"own_order", "other_person", "outside"}:
            # "Does the You Are My Sunshine locket come in a box?" is about no order of theirs.
            rule = self.classifier.match_rules(self._unnamed(said))
        if rule and rule.cue == "order_number" and not said.orders:
            rule = self.classifier.match_rules(self.classifier.rules["order_number"].sub(" ", said.message))
        if rule and said.reference.ids:
            # "do you offer a warranty on it", "recommend something similar to the first"
            overruled = (rule.name == "policy" and "about_product" in said.asks) or (
                rule.name == "recommend" and "similar" in said.asks
            )
            return None if overruled else rule
        return rule

    def _unnamed(self, said: Understanding) -> str:
        """The message without the words that it has in a row from the title of what it names."""
        text = said.message
        for one in said.named:
            title = f" {' '.join(words(self.search.products[one].title))} "
            spans = [(m.start(), m.end()) for m in re.finditer(r"\w+", text)]
            runs = (
                (end - start, start, end)
                for at, (start, _) in enumerate(spans)
                for _, end in spans[at + 1 :]
                if f" {' '.join(words(text[start:end]))} " in title
            )
            _, start, end = max(runs, default=(0, 0, 0))
            text = f"{text[:start]} {text[end:]}"
        return text

    def _goes_on(self, said: Understanding, state: State) -> Intent | None:
        """The intent of what goes on from products on show without naming a thing: "something else", "not
        for me", and of a recommendation also "cheaper" and "nothing in pink"."""
        if self._known(said.query) and not said.names_no_thing:
            return None
        query, unlike = said.query, {"dislikes", "more"} & said.asks
        if state.searched:
            return Intent("followup", 1.0, "turned one down") if unlike and said.turned_down else None
        limits = bool(query.filters) or query.cheaper or query.dearer
        limits = limits or ("refines" in said.asks and not query.topic and "question" not in said.asks)
        if state.wished and (unlike or (limits and "similar" not in said.asks)):
            return Intent("recommend", 1.0, GOES_ON)
        if unlike and state.shown:
            return Intent("recommend", 1.0, "wants others than those on show")
        if "dislikes" in said.asks and query.filters and not query.topic:
            return Intent("recommend", 0.8, "says what not")
        return None

    def _asks_why(self, said: Understanding, state: State) -> Intent | None:
        """The intent of a question after a recommendation that asks about the recommending: "who says I'd
        like it"; None for any other."""
        if state.intent not in {"recommend", "explain"} or "about_product" in said.asks:
            return None
        if "why" in said.asks:
            return Intent("explain", 1.0, "asks why")
        guess = self.classifier.classify(said.message)
        unsure = guess.confidence < SURE and self._known(said.query) and not said.names_no_thing
        return guess if guess.name == "explain" and not unsure else None

    def _refines(self, said: Understanding, state: State) -> bool:
        """Whether the message goes on from the last search rather than naming a new topic."""
        if not (state.searched or state.shown):
            return False
        query, asked = said.query, "refines" in said.asks
        if not query.topic:
            return asked or query.superlative or bool(query.filters) or query.cheaper or query.dearer
        # "and in blue", "something cheaper": a topic of filler words does not start a new search.
        return asked and not self._known(query)

    def _known(self, query: Query) -> bool:
        """Whether the topic has a word that the catalogue knows."""
        return any(self.search.vocabulary.strong_counts[term] for term in query.terms)

    def _check_guess(self, guess: Intent, said: Understanding, state: State) -> Intent:
        """The nearest examples' word, unless the catalogue or the conversation says otherwise."""
        known = self._known(said.query)
        talked = bool(state.searched or state.shown or state.focus)
        if "wants" in said.asks and said.query.topic and guess.name not in {"recommend", "policy"}:
            return Intent("find", 0.8, "wants a thing")
        if {"about_product", "question"} <= said.asks and known:
            return Intent("product_question", 0.8, "asks about a product")
        if guess.name in {"out_of_scope", "smalltalk"} and known and "question" in said.asks:
            return Intent("product_question", 0.5, "asks about a known thing")
        if guess.name == "find" and "gift" in said.asks and said.names_no_thing:
            return Intent("recommend", 0.9, "a gift, and no thing named")
        match guess.name:
            case "followup" if known or not talked:
                return replace(guess, name="find")
            case "explain":
                return guess if state.shown else replace(guess, name="recommend")
            case "product_question":
                asks_one = "question" in said.asks and (known or talked)
                return guess if asks_one else replace(guess, name="find")
            case "recommend" if known and not said.names_no_thing and guess.confidence < SURE:
                return replace(guess, name="find")
            case "find" | "recommend" | "followup":
                return guess
        if known and guess.confidence < SURE:
            # A short noun phrase the shop knows is a search, whatever it resembles.
            return Intent("find", 0.6, "known topic")
        if guess.confidence < CLUELESS and said.query.topic:
            return Intent("find", guess.confidence, "names a thing")
        return guess
