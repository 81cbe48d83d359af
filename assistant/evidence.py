"""What a turn may be about: everything looked up for one understood message.

Looks up only; what is said about it is planned in `assistant.planning`. Orders are read for the
verified customer alone, history only with their consent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from assistant.memory import State
from assistant.naming import Namer, is_same_thing
from assistant.passages import Passage, PassageFinder
from assistant.reading import Contrast, Opinions, Reader, Reading, is_thin, read_contrast, read_reviews
from assistant.references import split_comparison
from assistant.understanding import Understanding
from retrieval.english import LINKS
from retrieval.heads import things_in
from retrieval.query import Filters, Query, parse_query
from retrieval.recommend.base import Context, Recommendation, Recommender
from retrieval.results import NOTHING_SUCH
from retrieval.search import Search, SearchResult
from retrieval.words import stem, stems, words
from shop.store import Store
from shop.types import Customer, Order, PolicyPassage, Product

MAX_CARDS = 6
MAX_RECOMMENDATIONS = 4
FOR_A_CHILD = "for children"
"""What is searched for a child of whom nothing else is told."""
PENNY = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Evidence:
    """The records of one turn. `query` is the whole search in force, refinements included; `reading`
    what the first subject's page answers, `opinions` what its reviews say, `contrast` what the pages of two
    say, `loosened` how many products there are once a filter, called by its name, is dropped: the most
    first."""

    query: Query
    customer: Customer | None = None
    result: SearchResult | None = None
    subjects: tuple[Product, ...] = ()
    turned_down: Product | None = None
    recommendations: tuple[Recommendation, ...] = ()
    orders: tuple[Order, ...] = ()
    asked_orders: tuple[Order, ...] = ()
    reading: Reading | None = None
    opinions: Opinions | None = None
    contrast: Contrast | None = None
    searched: tuple[str, ...] = ()
    loosened: tuple[tuple[str, int], ...] = ()
    rules: tuple[tuple[PolicyPassage, Passage], ...] = ()
    has_policies: bool = False
    below: str = ""
    above: str = ""

    @property
    def signed_in(self) -> bool:
        """Whether somebody is, so that there may be orders."""
        return self.customer is not None


class Gatherer:
    """Looks things up for one shop."""

    def __init__(
        self, store: Store, search: Search, recommender: Recommender, today: date, namer: Namer
    ) -> None:
        self.store = store
        self.search = search
        self.recommender = recommender
        self.passages = PassageFinder(search.embedder)
        self.reader = Reader(self.passages, correct=lambda word: search.vocabulary.correct(word))
        self.namer = namer
        self.today = today
        self.has_policies = store.count("policies") > 0

    def gather(
        self, said: Understanding, state: State, customer_id: str, conversation_id: str = ""
    ) -> Evidence:
        """Evidence for `said`; `customer_id` is the verified customer, '' for a guest."""
        customer = self.store.customer(customer_id) if customer_id else None
        evidence = Evidence(
            query=said.query,
            customer=customer,
            has_policies=self.has_policies,
            turned_down=self.search.products.get(said.turned_down),
        )
        match said.intent.name:
            case "find" | "followup":
                found = self._find(said, state, evidence)
                if self._is_vain_gift(said, found):
                    # For somebody of whom nothing is found there is still what many buy.
                    said = replace(said, asks=said.asks | {"gift"})
                    return self._recommend(said, state, found, conversation_id)
                return found
            case "recommend":
                return self._recommend(said, state, evidence, conversation_id)
            case "explain":
                ids = (said.reference.ids or state.focus or state.shown)[:1]
                subjects = tuple(self.search.products[i] for i in ids if i in self.search.products)
                return replace(evidence, subjects=subjects)
            case "product_question":
                return self._product(said, evidence)
            case "compare":
                return self._compare(said, state, evidence)
            case "order_status":
                return self._orders(said, evidence)
            case "policy":
                return replace(evidence, rules=self._rules(said.message))
            case _:
                return evidence

    def _find(self, said: Understanding, state: State, evidence: Evidence) -> Evidence:
        query, before = said.query, state.wished or state.searched
        searched: tuple[str, ...] = ()
        if said.turned_down:
            query = self._chain(state.searched)
        elif said.intent.name == "followup":
            query = self._chain((*state.searched, said.message))
        elif before and said.tells_more and (state.wished or said.is_of_gift):
            # "she likes gardening": the budget of the gift asked for before still holds.
            query = replace(_of_things(query), filters=self._chain((*before, said.message)).filters)
            searched = (query.topic, *before, said.message)
        followup = said.intent.name == "followup" and not said.turned_down
        query, below, above = self._limited(said, state, query, goes_on=followup)
        if "similar" in said.asks and (ids := said.reference.ids or said.named or state.focus):
            hits = self.search.similar(ids[0], MAX_CARDS, query.filters)
            product = self.search.products[ids[0]]
            result = SearchResult(
                query=query, hits=tuple(hits), total=len(hits), outcome="found" if hits else "filtered_out"
            )
            return replace(evidence, query=query, result=result, subjects=(product,))
        exclude = frozenset(state.avoided)
        if said.turned_down:
            exclude |= {said.turned_down}
        elif {"dislikes", "more"} & said.asks:
            exclude |= frozenset(state.seen)
        # What was seen already is no answer to "anything cheaper?", unless there is nothing else.
        turned = said.query.cheaper or said.query.dearer
        unseen = exclude | frozenset(state.seen) if turned else exclude
        result = self.search.search(query, k=MAX_CARDS, exclude=unseen)
        if unseen != exclude and result.outcome != "found":
            result = self.search.search(query, k=MAX_CARDS, exclude=exclude)
        return replace(
            evidence,
            query=query,
            result=result,
            searched=searched,
            below=below,
            above=above,
            loosened=self._loosen(query, result, exclude),
        )

    def _limited(
        self, said: Understanding, state: State, query: Query, goes_on: bool
    ) -> tuple[Query, str, str]:
        """`query` within the price bounds that "cheaper" and "dearer" set, and those bounds; what set them
        before holds where the message goes on from it."""
        own = said.query.filters
        # A price the shopper names replaces what "cheaper" set before.
        kept = goes_on and own.min_price is None and own.max_price is None
        below, above = self._bounds(said, state, *((state.below, state.above) if kept else ("", "")))
        if below or above:
            low, high = (Decimal(bound) if bound else None for bound in (above, below))
            # "cheaper, under £2": the tighter of what was said and what cheaper means.
            high = min((p for p in (high, own.max_price) if p is not None), default=None)
            low = max((p for p in (low, own.min_price) if p is not None), default=None)
            query = replace(query, filters=replace(query.filters, min_price=low, max_price=high))
        return query, below, above

    @staticmethod
    def _is_vain_gift(said: Understanding, evidence: Evidence) -> bool:
        """Whether a gift was sought, no thing insisted on, and nothing found."""
        is_gift = "gift" in said.asks or said.is_of_gift
        vain = NOTHING_SUCH if "more" not in said.asks else (*NOTHING_SUCH, "filtered_out")
        found = evidence.result is None or evidence.result.outcome not in vain
        return is_gift and not found and "catalogue" not in said.asks

    def _loosen(
        self, query: Query, result: SearchResult, exclude: frozenset[str]
    ) -> tuple[tuple[str, int], ...]:
        """Where the filters left nothing: each filter whose dropping leaves something, and how much."""
        if result.outcome != "filtered_out":
            return ()
        found = []
        for name, filters in query.filters.relaxations():
            # Counted as "how many" is, strictly: no product that is merely like what was asked.
            without = self.search.search(replace(query, filters=filters, count=True), k=1, exclude=exclude)
            if without.outcome == "found":
                found.append((name, without.total))
        return tuple(sorted(found, key=lambda pair: -pair[1]))

    def _chain(self, texts: Sequence[str]) -> Query:
        """The query that a search and its refinements make together: the topic stays, newer filters are
        laid over older ones."""
        query = parse_query(texts[0], self.search.vocabulary)
        for text in texts[1:]:
            newer = parse_query(text, self.search.vocabulary)
            query = replace(
                newer,
                topic=query.topic,
                terms=query.terms,
                filters=query.filters.merged(newer.filters),
                sort=newer.sort or query.sort,
                corrections=(),
            )
        return query

    def _bounds(self, said: Understanding, state: State, below: str, above: str) -> tuple[str, str]:
        """Price bounds that "cheaper" and "dearer" set, against what was pointed at or shown."""
        pointed = said.reference.ids or state.focus or state.shown
        prices = [p.price.amount for i in pointed if (p := self.search.products.get(i)) and p.price]
        if prices and said.query.cheaper:
            below = str(min(prices) - PENNY)
        if prices and said.query.dearer:
            above = str(max(prices) + PENNY)
        return below, above

    def _recommend(
        self, said: Understanding, state: State, evidence: Evidence, conversation_id: str
    ) -> Evidence:
        customer = evidence.customer
        wished = state.wished if said.goes_on else ()
        query = self._chain((*wished, said.message)) if wished else evidence.query
        query, below, above = self._limited(said, state, query, goes_on=said.goes_on)
        evidence = replace(evidence, query=query, below=below, above=above)
        others = {"more", "dislikes"} & said.asks
        # What they turn down is not what it shall go with.
        seeds = () if "dislikes" in said.asks else said.reference.ids
        by_habit = customer is not None and {"restock", "unbought"} & said.asks
        by_order = "earlier_order" in said.asks and {"goes_with", "similar", "based_on"} & said.asks
        if not seeds and customer and by_order:
            orders = self.store.orders_of(customer.id)
            seeds = tuple(line.product_id for line in orders[0].lines) if orders else ()
        elif not seeds and not said.goes_on and not said.names_no_thing and not by_habit:
            if "gift" in said.asks:
                query = self._heard_of(query)
            result = self.search.search(query, k=MAX_CARDS, exclude=frozenset(state.avoided))
            evidence = replace(evidence, query=query)
            if "goes_with" in said.asks:
                seeds = tuple(hit.product.id for hit in result.hits[:1])
                query = replace(query, filters=Filters())
            elif result.outcome not in NOTHING_SUCH or said.insists or self._is_near(said, result):
                thing = (query.topic, said.message) if "gift" in said.asks else ()
                return replace(evidence, result=result, searched=thing)
        elif not seeds and "goes_with" in said.asks:
            seeds = state.focus[:1]
        exclude = frozenset(state.avoided) | frozenset(state.seen if others else ())
        if {"gift", "child"} <= said.asks and not seeds:
            for_child = replace(parse_query(FOR_A_CHILD, self.search.vocabulary), filters=query.filters)
            result = self.search.search(for_child, k=MAX_CARDS, exclude=exclude)
            if result.outcome == "found":
                searched = (FOR_A_CHILD, *wished, said.message)
                return replace(evidence, result=result, query=for_child, searched=searched)
        # Their taste is not the taste of whom a gift is for; without consent nobody's history is used.
        allowed = (customer is None or customer.consent.personalisation) and "gift" not in said.asks
        context = Context(
            customer_id=customer.id if customer and allowed else "",
            seeds=seeds,
            filters=query.filters,
            exclude=exclude,
            use_history=allowed,
            again="restock" in said.asks,
            new="novelty" in said.asks,
            today=self.today,
            conversation_id="" if customer else conversation_id,
            said=self._tastes(said, state, customer) if allowed else (),
            country=customer.country if customer else "",
            turned_down=(said.turned_down,) if said.turned_down else (),
        )
        subjects = tuple(self.search.products[i] for i in seeds[:1] if i in self.search.products)
        return replace(evidence, recommendations=self._picks(said, context), subjects=subjects)

    def _heard_of(self, query: Query) -> Query:
        """`query` without the words of its topic that no product has: of "proper cat lady", "cat"."""
        known = self.search.vocabulary.strong_counts
        topic = [word for word in words(query.topic) if known[stem(word)] or word in LINKS]
        return _of_things(replace(query, topic=" ".join(topic)))

    @staticmethod
    def _is_near(said: Understanding, result: SearchResult) -> bool:
        """Whether a gift's wish was nearly found: of what somebody likes, that is better than nothing."""
        return "gift" in said.asks and result.outcome == "unsure"

    @staticmethod
    def _tastes(said: Understanding, state: State, customer: Customer | None) -> tuple[tuple[str, str], ...]:
        """What is said of their taste now, and by a guest before; a customer's is in the store."""
        before = [(kind, what) for kind in ("likes", "dislikes") for what in getattr(state, kind)]
        return tuple(dict.fromkeys((*(() if customer else before), *said.tastes)))

    def _picks(self, said: Understanding, context: Context) -> tuple[Recommendation, ...]:
        """What the recommender picks; nothing that is due again where something never bought is asked for."""
        if "unbought" not in said.asks:
            found = self.recommender.recommend(context, MAX_RECOMMENDATIONS)
            if not found and context.filters.min_price is not None:
                # "about £20": rather something for less than nothing.
                less = replace(context, filters=replace(context.filters, min_price=None))
                found = self.recommender.recommend(less, MAX_RECOMMENDATIONS)
            return tuple(found)
        found = self.recommender.recommend(context, 2 * MAX_RECOMMENDATIONS)
        new = [pick for pick in found if all(reason.code != "due_again" for reason in pick.reasons)]
        return tuple(new[:MAX_RECOMMENDATIONS])

    def _product(self, said: Understanding, evidence: Evidence) -> Evidence:
        ids = said.reference.ids or said.named
        subjects = tuple(self.search.products[i] for i in ids if i in self.search.products)
        result = None
        if not subjects:
            result = self.search.search(said.query, k=MAX_CARDS)
            named = self.namer.name(said.message)
            subjects = (named.product,) if named else ()
        if not subjects:
            return replace(evidence, result=result)
        subjects, reading = self._read(said, subjects)
        return replace(
            evidence,
            subjects=subjects,
            reading=reading,
            opinions=read_reviews(said.message, subjects[0], self.reader.language),
            result=result,
        )

    def _read(
        self, said: Understanding, subjects: tuple[Product, ...]
    ) -> tuple[tuple[Product, ...], Reading]:
        """What the page answers; where it is silent, that of the same thing in another pack or colour which
        the shopper's words name as well."""
        reading = self.reader.read(said.message, subjects[0])
        named = self.namer.name(said.message) if reading.kind == "silent" and not said.reference.ids else None
        for other in named.alike if named and named.product.id == subjects[0].id else ():
            if not (is_thin(subjects[0]) or is_same_thing(subjects[0], other)):
                continue
            again = self.reader.read(said.message, other)
            if again.kind != "silent":
                return (other, *subjects[1:]), again
        return subjects, reading

    def _compare(self, said: Understanding, state: State, evidence: Evidence) -> Evidence:
        subjects = self._compared(said, state)
        contrast = None
        if len(subjects) >= 2:
            contrast = read_contrast(self.reader, said.message, (subjects[0], subjects[1]))
        return replace(evidence, subjects=subjects, contrast=contrast)

    def _compared(self, said: Understanding, state: State) -> tuple[Product, ...]:
        """Two products (at most three): those pointed at, else one found for each side of the question."""
        ids = list(said.reference.ids[:3] or said.named)
        if len(ids) == 1 and said.query.topic:
            # "compare it with the enamel mug": one is pointed at, the other named.
            other = self.namer.name(said.message)
            ids += [other.product.id] if other and other.product.id not in ids else []
        if len(ids) < 2 and (sides := split_comparison(said.message)):
            ids = []
            for side in sides:
                result = self.search.search(parse_query(side, self.search.vocabulary), k=2 * MAX_CARDS)
                side_words = set(stems(side))
                hits = sorted(  # the search's order decides between titles that hold as much of it
                    (*result.hits, *result.nearest),
                    key=lambda hit: -len(side_words.intersection(stems(hit.product.title))),
                )
                ids += [hit.product.id for hit in hits if hit.product.id not in ids][:1]
        if len(ids) < 2 and len(state.shown) >= 2 and not said.query.topic:
            ids = list(state.shown[:2])
        return tuple(self.search.products[i] for i in ids if i in self.search.products)

    def _orders(self, said: Understanding, evidence: Evidence) -> Evidence:
        if evidence.customer is None:
            return evidence
        orders = tuple(self.store.orders_of(evidence.customer.id))
        asked = tuple(
            order
            for number in said.orders
            for order in orders
            if order.id.lstrip("#").lower() == number.lower()
        )
        return replace(evidence, orders=orders, asked_orders=asked, rules=self._rules(said.message))

    def _rules(self, question: str) -> tuple[tuple[PolicyPassage, Passage], ...]:
        """Sentences of the written policy that may answer `question`, best first."""
        if not self.has_policies:
            return ()
        found = []
        for hit in self.search.policies(question, k=4):
            # The heading counts as part of each sentence: "returns > 30 days" answers for returns.
            ranked = self.passages.rank(question, [hit.passage.text], heading=hit.passage.heading)
            found += [(hit.passage, passage) for passage in ranked[:2]]
        return tuple(sorted(found, key=lambda pair: -pair[1].coverage - pair[1].cosine))


def _of_things(query: Query) -> Query:
    """`query` with no more of its topic than names things."""
    topic = things_in(query.topic)
    terms = tuple(stem(word) for word in words(topic) if word not in LINKS)
    return replace(query, topic=topic, terms=terms)
