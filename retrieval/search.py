"""Finding products and policy passages: words and vectors together, filters before any cut.

Measures a query on every row of a small catalogue and on chosen rows of a large one (`choosing.py`),
so that a claim like "we have none" rests on all of it. Knows nothing of customers, of wording, or of
how a catalogue is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from retrieval import english
from retrieval.catalogue import Catalogue
from retrieval.choosing import Chosen, add_up, choose_rows, compare, take_head
from retrieval.embedding import Embedder, Vectors
from retrieval.explaining import called_first, relax, sort_near
from retrieval.heads import head_term, recipients, split_topic
from retrieval.known import KnownProducts
from retrieval.lexical import weigh
from retrieval.library import Fixed, Library, read_policies, shelve
from retrieval.passages import Passages
from retrieval.query import Query, parse_query, read_as_words
from retrieval.ranker import Ranker, read_ranker
from retrieval.ranking import WORDS_ONLY_GATE, Evidence, Floats, Gate, Mask, fitting, may_be
from retrieval.results import WHOLE, Hit, Outcome, PolicyHit, SearchResult
from retrieval.scoring import Scorer, View, asked_text
from retrieval.sorting import first_by, sort_rows
from retrieval.titled import asked_thing, called, titled_so
from retrieval.variety import vary
from retrieval.vectors import VectorIndex
from retrieval.vocabulary import Vocabulary
from retrieval.words import stem, words
from shop.errors import SearchError
from shop.types import PolicyPassage, Product

__all__ = ["Hit", "Outcome", "PolicyHit", "Search", "SearchResult"]

Rows = NDArray[np.int64]
VARIED = 6
"""So many times the products to show are looked at for versions of one thing."""


@dataclass(frozen=True, slots=True)
class _Found:
    """One query measured on the rows of `chosen`; every array is beside them."""

    catalogue: Catalogue
    chosen: Chosen
    evidence: Evidence
    score: Floats
    relevant: Mask
    held: tuple[tuple[str, Floats], ...]
    missing: tuple[str, ...]


class Search(KnownProducts):
    """Safe to share between threads. Every search sees the library's catalogue of that moment."""

    def __init__(
        self,
        products: Iterable[Product],
        policies: Iterable[PolicyPassage],
        embedder: Embedder,
        product_vectors: VectorIndex | SearchError,
        policy_vectors: VectorIndex | SearchError,
        popularity: Mapping[str, float] | None = None,
        ranker: Ranker | None = None,
    ) -> None:
        """A SearchError in the place of vectors is a store that did not open: words alone then."""
        catalogue, notes = shelve(list(products), embedder, product_vectors, popularity)
        passages, more = read_policies(policies, embedder, policy_vectors)
        self._open(Fixed(catalogue, notes), passages, more, embedder, ranker)

    @classmethod
    def over(
        cls,
        library: Library,
        passages: Passages,
        notes: tuple[str, ...],
        embedder: Embedder,
        ranker: Ranker | None = None,
    ) -> Search:
        """A search that follows what `library` says the catalogue is; `notes` say what does not work."""
        search = cls.__new__(cls)
        search._open(library, passages, notes, embedder, ranker)
        return search

    def _open(
        self,
        library: Library,
        passages: Passages,
        notes: tuple[str, ...],
        embedder: Embedder,
        ranker: Ranker | None,
    ) -> None:
        super().__init__(library)
        self._passages, self._notes = passages, notes
        self.embedder = embedder
        self._gate = Gate() if embedder.name.startswith("all-MiniLM") else WORDS_ONLY_GATE
        self._scorer = Scorer(ranker or read_ranker())
        self._embed_query = lru_cache(maxsize=512)(self._embed_one)

    @property
    def vocabulary(self) -> Vocabulary:
        """The catalogue's words, as they are now."""
        return self._library.current().vocabulary

    def _embed_one(self, text: str) -> Vectors:
        return np.asarray(self.embedder.embed([text])[0], dtype=np.float32)

    def _vector(self, text: str, wanted: bool) -> tuple[Vectors | None, tuple[str, ...]]:
        notes = self._library.notes + self._notes
        if not wanted:
            return None, notes
        try:
            return self._embed_query(text), notes
        except SearchError as error:
            return None, (*notes, f"embedding: {error}")

    def parse(self, text: str, previous: Query | None = None) -> Query:
        """`parse_query` in this catalogue's vocabulary."""
        return parse_query(text, self.vocabulary, previous)

    def search(self, query: Query | str, k: int = 8, exclude: frozenset[str] = frozenset()) -> SearchResult:
        """The products that are what `query` asks and pass its filters, best (or as sorted) first."""
        catalogue = self._library.current()
        if isinstance(query, str):
            query = parse_query(query, catalogue.vocabulary)
        if not catalogue.alive:
            return SearchResult(query, (), 0, "failed", degraded=("the catalogue is empty",))
        found, degraded = self._measure(catalogue, query)
        places = self._without(found, np.flatnonzero(found.relevant), exclude)
        places = places[catalogue.keeps(query.filters, found.chosen.rows[places])]
        thing = asked_thing(catalogue, query.topic)
        named = called(catalogue, thing, found.chosen.rows, found.relevant)
        among = named[places] if named is not None else np.zeros(0, dtype=np.bool_)
        if named is not None and named.any() and query.filters and not among.any():
            places = places[:0]
        elif thing is not None and among.any() and (query.superlative or query.count):
            places = places[among]
            places = places[titled_so(catalogue, thing, found.chosen.rows[places])]
        if len(places):
            sort = query.sort or ("" if found.evidence.terms else "popular")
            count = k if query.sort else max(50, VARIED * k)
            best = places[sort_rows(found.chosen.rows[places], catalogue, sort, found.score[places], count)]
            if not query.sort:
                rows = found.chosen.rows
                best = np.array(vary(best.tolist(), lambda at: catalogue.version_of(int(rows[at])), k))
            hits = self._hits(found, best[:k])
            return SearchResult(query, hits, len(places), "found", missing=found.missing, degraded=degraded)
        result = self._explain(query, k, exclude, found, degraded)
        plain = read_as_words(query) if result.outcome == "filtered_out" else None
        if plain is not None:
            again = self.search(plain, k, exclude)
            if again.outcome == "found" and again.hits[0].coverage >= WHOLE:
                return again
        return result

    @staticmethod
    def _without(found: _Found, places: Rows, exclude: frozenset[str]) -> Rows:
        if not exclude:
            return places
        left_out = [row for id_ in exclude if (row := found.catalogue.row_of(id_)) is not None]
        return places[~np.isin(found.chosen.rows[places], left_out)]

    @property
    def ranker(self) -> Ranker:
        """What orders the products."""
        return self._scorer.ranker

    def signals(self, text: str) -> tuple[list[str], Floats]:
        """(ids of the candidates, a row of signals each), for measuring and for fitting a ranker."""
        query, catalogue = self.parse(text), self._library.current()
        found, _ = self._measure(catalogue, query)
        view = self._view(catalogue, query, found.chosen)
        return [catalogue.id_of(int(row)) for row in found.chosen.rows[view.rows]], view.table

    def nearest(self, text: str, k: int = 100) -> list[str]:
        """Ids of the `k` products nearest to `text` by vector alone, for measuring."""
        catalogue = self._library.current()
        vector, _ = self._vector(text, catalogue.has_vectors)
        rows = catalogue.nearest(vector, k)[0] if vector is not None else ()
        return [catalogue.id_of(int(row)) for row in rows]

    def _view(self, catalogue: Catalogue, query: Query, chosen: Chosen) -> View:
        vector, _ = self._vector(asked_text(query), chosen.cosine is not None)
        cosine = compare(catalogue, chosen, vector) if vector is not None else None
        return self._scorer.view(query, catalogue, chosen, cosine)

    def policies(self, text: str, k: int = 3) -> list[PolicyHit]:
        """The passages nearest to `text`; cosine and coverage let the caller decide "not stated"."""
        vector, _ = self._vector(text, self._passages.vectors is not None)
        return self._passages.nearest(text, vector, k)

    # -- measuring ---------------------------------------------------------------------------

    def _measure(self, catalogue: Catalogue, query: Query) -> tuple[_Found, tuple[str, ...]]:
        """Measure the rows that can matter. Where nothing is the thing itself, things named after it are
        let in: a shop with lunch bags and lunch boxes has something for "lunch".
        """
        vocabulary, lexical = catalogue.vocabulary, catalogue.lexical
        hard, head_end = split_topic(query.topic, english.LINKS | english.SOFT)
        terms = vocabulary.terms(hard, head_end)
        whom = recipients(query.topic)
        weights, holding, missing = weigh(terms, lexical, whom)
        extra = [
            *query.filters.colours,
            *query.filters.brands,
            *(value for _, value in query.filters.options),
        ]
        soft = [word for word in words(query.topic) if word in english.SOFT - english.LINKS]
        stems = [s for term in terms for alternative, _ in term.alternatives for s in alternative]
        stems += [stem(w) for text in (*extra, *soft) for w in words(text)]
        spelled_out = (w if w in vocabulary.words else vocabulary.apart(w) for w in query.topic.split())
        text = " ".join([*extra, *spelled_out]).strip() or query.text
        vector, degraded = self._vector(text, catalogue.has_vectors)
        asked = self._vector(asked_text(query), catalogue.has_vectors and catalogue.is_large)[0]
        stems = list(dict.fromkeys(stems))
        chosen = choose_rows(catalogue, weights, holding, stems, vector, asked, query.filters)
        place = head_term(query.topic, terms)
        spelled = all(word in vocabulary.words for word in hard)
        # A head of two words ("cake stand") is plain enough for an unknown word beside it.
        compound = place is not None and len(terms[place].words) > 1
        foreign = 0 if compound else len(missing)
        plainly: Mask | None = None
        for lenient in (False, True):
            held = [chosen.spread(one) for one in holding]
            head = np.zeros(len(chosen.rows), dtype=np.bool_)
            if place is not None:
                head = take_head(lexical, terms[place], chosen, held[place], lenient)
            plainly = head if plainly is None else plainly
            named, coverage = (add_up(weights, [pair[at] for pair in held], len(head)) for at in (0, 1))
            known = place is None or terms[place] not in missing
            evidence = Evidence(
                named,
                coverage,
                head,
                chosen.lexical,
                chosen.cosine,
                len(terms),
                foreign,
                known,
                spelled,
                place is not None and bool(held[place][0].any()),
                plainly,
                lacks_a_thing=vocabulary.lacks_thing(terms, missing, place),
                for_whom=sum(
                    w for w, term in zip(weights, terms, strict=True) if whom.issuperset(term.words)
                ),
            )
            mask = fitting(evidence, self._gate, strictly=query.superlative or query.count)
            if mask.any() or place is None:
                break
        if terms or not catalogue.is_large:
            score = self._scorer.score(self._view(catalogue, query, chosen))
        else:
            score = np.zeros(len(chosen.rows), dtype=np.float32)  # nothing asked: only sorting decides
        per_term = tuple((" ".join(term.words), both) for term, (_, both) in zip(terms, held, strict=True))
        absent = tuple(" ".join(term.words) for term in missing)
        return _Found(catalogue, chosen, evidence, score, mask, per_term, absent), degraded

    @staticmethod
    def _hits(found: _Found, places: Rows) -> tuple[Hit, ...]:
        """The products at `places`; one that is gone from the store this moment is left out."""
        catalogue, evidence = found.catalogue, found.evidence
        ids = [catalogue.id_of(int(row)) for row in found.chosen.rows[places]]
        products = catalogue.products.several(ids)
        return tuple(
            Hit(
                products[id_],
                float(found.score[at]),
                float(evidence.cosine[at]) if evidence.cosine is not None else 0.0,
                float(evidence.coverage[at]),
                tuple(name for name, both in found.held if both[at] > 0),
            )
            for id_, at in zip(ids, places, strict=True)
            if id_ in products
        )

    # -- saying why there is nothing -----------------------------------------------------------

    def _explain(
        self, query: Query, k: int, exclude: frozenset[str], found: _Found, degraded: tuple[str, ...]
    ) -> SearchResult:
        catalogue, rows = found.catalogue, found.chosen.rows
        places = self._without(found, np.flatnonzero(found.relevant), exclude)
        if not len(places):
            order = first_by([-found.score.astype(np.float64)], max(50, k))
            near = self._without(found, called_first(found.evidence, found.score, order, k), exclude)
            ascending = np.sort(near)
            passing = ascending[catalogue.keeps(query.filters, rows[ascending])]
            shown = near[np.isin(near, passing)] if len(passing) else near
            hits = self._hits(found, shown[:k])
            unsure = len(passing) > 0 and may_be(found.evidence, self._gate)
            outcome: Outcome = "unsure" if unsure else "not_stocked"
            return SearchResult(query, (), 0, outcome, hits, (), found.missing, degraded)
        names = [name for name, _ in query.filters.relaxations()]
        unstated = [name for name in names if not catalogue.states(name, rows[places])]
        dropped, passing = relax(catalogue, query.filters, rows[places], unstated)
        near = places[passing]
        near = near[sort_near(catalogue, rows[near], query.filters, dropped, found.score[near], k)]
        outcome = "not_in_data" if unstated and set(dropped) & set(unstated) else "filtered_out"
        hits = self._hits(found, near)
        return SearchResult(query, (), 0, outcome, hits, dropped, found.missing, degraded)
