"""Finding products and policy passages: words and vectors together, filters before any cut.

Holds every product's vector in one NumPy matrix (10,000 products are 15 MB), read once from the
vector store: a filtered search is then exact, and every product's cosine is known, which a claim
like "we have none" needs. Knows nothing of customers or of wording.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

import numpy as np

from retrieval import english
from retrieval.embedding import Embedder, Vectors
from retrieval.filters import Filters, states
from retrieval.heads import head_term, recipients
from retrieval.lexical import CARRIED_WEIGHT, Lexical
from retrieval.query import Query, parse_query
from retrieval.ranker import Ranker, read_ranker
from retrieval.ranking import WORDS_ONLY_GATE, Evidence, Floats, Gate, Mask, fuse, relevant, strictly_relevant
from retrieval.results import Hit, Outcome, PolicyHit, SearchResult
from retrieval.scoring import Rows, Scorer, View, asked_text
from retrieval.sorting import sort_rows
from retrieval.variety import vary
from retrieval.vectors import VectorIndex
from retrieval.vocabulary import ProductText, Term, Vocabulary, read_text
from retrieval.words import stem, words
from shop.errors import SearchError
from shop.types import PolicyPassage, Product

__all__ = ["Hit", "Outcome", "PolicyHit", "Search", "SearchResult"]

LIGHT = 0.4


@dataclass(frozen=True, slots=True)
class _Found:
    """One query measured against every product."""

    evidence: Evidence
    score: Floats
    relevant: Mask
    held: tuple[tuple[str, Floats], ...]
    missing: tuple[str, ...]


class Search:
    """Immutable once built, apart from remembered query vectors; safe to share between threads."""

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
        self._rows = list(products)
        self.products: Mapping[str, Product] = {product.id: product for product in self._rows}
        self._row_of = {product.id: row for row, product in enumerate(self._rows)}
        texts = [read_text(product) for product in self._rows]
        self.vocabulary = Vocabulary(self._rows, texts)
        self._lexical = Lexical(texts)
        self._names = [text.names for text in texts]
        self.embedder = embedder
        self._gate = Gate() if embedder.name.startswith("all-MiniLM") else WORDS_ONLY_GATE
        self._passages = list(policies)
        self._policy_texts = [
            ProductText(
                title=tuple(stem(w) for w in words(p.heading)),
                kind=frozenset(),
                strong=tuple(stem(w) for w in words(f"{p.heading} {p.text}")),
                weak=(),
            )
            for p in self._passages
        ]
        self._policy_lexical = Lexical(self._policy_texts)
        self._popularity = np.array(
            [(popularity or {}).get(p.id, p.rating.count if p.rating else 0) for p in self._rows],
            dtype=np.float32,
        )
        self._degraded: tuple[str, ...] = ()
        self._matrix = self._read_matrix(product_vectors, [p.id for p in self._rows], "product")
        self._policy_matrix = self._read_matrix(policy_vectors, [p.id for p in self._passages], "policy")
        self._scorer = Scorer(self._rows, self._lexical, self._matrix, ranker or read_ranker())
        self._embed_query = lru_cache(maxsize=512)(self._embed_one)

    def _read_matrix(self, index: VectorIndex | SearchError, ids: Sequence[str], what: str) -> Vectors | None:
        """Vectors in row order; rows not indexed yet are zero, none at all is None."""
        if not ids:
            return None
        try:
            if isinstance(index, SearchError):
                raise index
            stored = index.get(ids)
        except SearchError as error:
            self._degraded += (f"{what} vectors: {error}",)
            return None
        if len(stored) < len(ids):
            self._degraded += (f"{what} vectors: {len(ids) - len(stored)} not indexed; run `regulars index`",)
        if not stored:
            return None
        matrix = np.zeros((len(ids), self.embedder.dimensions), dtype=np.float32)
        for row, id_ in enumerate(ids):
            if id_ in stored:
                matrix[row] = stored[id_]
        return matrix

    def _embed_one(self, text: str) -> Vectors:
        return np.asarray(self.embedder.embed([text])[0], dtype=np.float32)

    def _cosines(self, text: str, matrix: Vectors | None) -> tuple[Floats | None, tuple[str, ...]]:
        if matrix is None:
            return None, self._degraded
        try:
            return np.asarray(matrix @ self._embed_query(text), dtype=np.float32), self._degraded
        except SearchError as error:
            return None, (*self._degraded, f"embedding: {error}")

    def product(self, product_id: str) -> Product | None:
        """The product, or None."""
        return self.products.get(product_id)

    def parse(self, text: str, previous: Query | None = None) -> Query:
        """`parse_query` in this catalogue's vocabulary."""
        return parse_query(text, self.vocabulary, previous)

    def search(self, query: Query | str, k: int = 8, exclude: frozenset[str] = frozenset()) -> SearchResult:
        """The products that are what `query` asks and pass its filters, best (or as sorted) first."""
        if isinstance(query, str):
            query = self.parse(query)
        if not self._rows:
            return SearchResult(query, (), 0, "failed", degraded=("the catalogue is empty",))
        found, degraded = self._measure(query)
        rows = [
            int(row)
            for row in np.flatnonzero(found.relevant)
            if query.filters.matches(self._rows[row]) and self._rows[row].id not in exclude
        ]
        missing = found.missing
        called = self._called(query, found.relevant)
        if called and query.filters and not called.intersection(rows):
            rows = []
        elif called.intersection(rows) and (query.superlative or query.count):
            rows = [row for row in rows if row in called]
        if rows:
            rows = sort_rows(
                rows,
                self._rows,
                query.sort or ("" if found.evidence.terms else "popular"),
                found.score,
                self._popularity,
            )
            rows = rows if query.sort else vary(rows, self._rows, k)
            hits = tuple(self._hit(row, found) for row in rows[:k])
            return SearchResult(query, hits, len(rows), "found", missing=missing, degraded=degraded)
        return self._explain(query, k, exclude, found, degraded)

    def _called(self, query: Query, relevant_rows: Mask) -> set[int]:
        """Relevant rows that are called what was asked, not only hold the word: of laptops and a
        backpack for one, the backpack is no laptop under £1,000, nor the cheapest of them.
        """
        terms = self.vocabulary.terms([w for w in words(query.topic) if w not in english.LINKS])
        place = head_term(query.topic, terms)
        if place is None:
            return set()
        names = [stems for stems, _ in terms[place].alternatives]
        return {
            int(row)
            for row in np.flatnonzero(relevant_rows)
            if any(stems <= self._names[row] for stems in names)
        }

    def ranking(self, query: Query | str, k: int = 100) -> list[tuple[str, float]]:
        """(product id, score) of the `k` best without the relevance gate, for measuring."""
        score = self._measure(self.parse(query) if isinstance(query, str) else query)[0].score
        best = np.argsort(-score, kind="stable")[:k]
        return [(self._rows[row].id, float(score[row])) for row in best]

    @property
    def ranker(self) -> Ranker:
        """What orders the products."""
        return self._scorer.ranker

    def signals(self, text: str) -> tuple[list[str], Floats]:
        """(ids of the candidates, a row of signals each), for measuring and for fitting a ranker."""
        query = self.parse(text)
        view = self._view(query, self._measure(query)[0].evidence)
        return [self._rows[row].id for row in view.rows], view.table

    def nearest(self, text: str, k: int = 100) -> list[str]:
        """Ids of the `k` products nearest to `text` by vector alone, for measuring."""
        cosine, _ = self._cosines(text, self._matrix)
        best = np.argsort(-cosine, kind="stable")[:k] if cosine is not None else ()
        return [self._rows[row].id for row in best]

    def _view(self, query: Query, evidence: Evidence) -> View:
        cosine = self._cosines(asked_text(query), self._matrix)[0] if evidence.cosine is not None else None

        def fits(rows: Rows) -> Mask:
            # Judged queries hold products that only partly fit, so here a filter is a preference.
            return np.array([query.filters.matches(self._rows[row]) for row in rows], dtype=np.bool_)

        return self._scorer.view(query, evidence.lexical, cosine, fits)

    def similar(self, product_id: str, k: int = 8, filters: Filters = Filters()) -> list[Hit]:  # noqa: B008
        """Products like this one by vector (by words where there are none), itself left out."""
        row = self._row_of.get(product_id)
        if row is None:
            return []
        product = self._rows[row]
        terms = self.vocabulary.terms(words(product.title))
        lexical = self._lexical.scores([s for term in terms for stems, _ in term.alternatives for s in stems])
        cosine = self._matrix @ self._matrix[row] if self._matrix is not None else None
        score = (
            cosine if cosine is not None and cosine[row] > 0 else lexical / max(float(lexical.max()), 1e-9)
        )
        hits: list[Hit] = []
        for other in np.argsort(-score, kind="stable"):
            if other != row and score[other] > 0.3 and filters.matches(self._rows[other]):
                hits.append(
                    Hit(
                        self._rows[other],
                        float(score[other]),
                        float(cosine[other]) if cosine is not None else 0.0,
                        0.0,
                    )
                )
                if len(hits) == k:
                    break
        return hits

    def policies(self, text: str, k: int = 3) -> list[PolicyHit]:
        """The passages nearest to `text`; cosine and coverage let the caller decide "not stated"."""
        if not self._passages:
            return []
        asked = [stem(w) for w in words(text) if w not in english.FILLER]
        terms = [Term((s,), ((frozenset((s,)), 1.0),)) for s in dict.fromkeys(asked)]
        weights, held, _ = self._weigh(terms, self._policy_lexical)
        coverage = sum(
            (w * both for w, (_, both) in zip(weights, held, strict=True)), np.zeros(len(self._passages))
        )
        lexical = self._policy_lexical.scores(asked)
        cosine, _ = self._cosines(text, self._policy_matrix)
        score = fuse(lexical, cosine)
        best = np.argsort(-score, kind="stable")[:k]
        return [
            PolicyHit(
                self._passages[row],
                float(score[row]),
                float(cosine[row]) if cosine is not None else 0.0,
                float(coverage[row]),
            )
            for row in best
        ]

    # -- measuring ---------------------------------------------------------------------------

    @staticmethod
    def _weigh(
        terms: Sequence[Term], lexical: Lexical, light: frozenset[str] = frozenset()
    ) -> tuple[list[float], list[tuple[Floats, Floats]], list[Term]]:
        """Each term's share of the whole (idf), who holds it, and the terms that nobody holds.

        Numbers and the words of `light` weigh less.
        """
        held = [lexical.holds(term) for term in terms]
        missing = [term for term, (_, both) in zip(terms, held, strict=True) if not both.any()]
        raw = [
            np.log(1 + lexical.size / (1 + np.count_nonzero(both)))
            * (LIGHT if term.words[0].isdigit() or light.issuperset(term.words) else 1.0)
            for term, (_, both) in zip(terms, held, strict=True)
        ]
        total = float(sum(raw)) or 1.0
        return [float(weight) / total for weight in raw], held, missing

    def _measure(self, query: Query, lenient: bool = False) -> tuple[_Found, tuple[str, ...]]:
        """Measure every product. Where nothing is the thing itself, `lenient` lets in things named
        after it: a shop with lunch bags and lunch boxes has something for "lunch".
        """
        topic = [word for word in words(query.topic) if word not in english.LINKS]
        hard = [word for word in topic if word not in english.SOFT]
        terms = self.vocabulary.terms(hard)
        weights, held, missing = self._weigh(terms, self._lexical, recipients(query.topic))
        size = len(self._rows)
        head = np.zeros(size, dtype=np.bool_)
        place = head_term(query.topic, terms)
        if place is not None:
            strong, both = held[place]
            naming = [int(r) for r in np.flatnonzero(strong)]
            carried = self._lexical.carried(terms[place], naming, late_only=lenient)
            head = strong > 0
            head[carried] = False
            strong[carried] *= CARRIED_WEIGHT
            both[carried] *= CARRIED_WEIGHT
        named, coverage = np.zeros(size, dtype=np.float32), np.zeros(size, dtype=np.float32)
        for weight, (strong, both) in zip(weights, held, strict=True):
            named += weight * strong
            coverage += weight * both
        extra = [
            *query.filters.colours,
            *query.filters.brands,
            *(value for _, value in query.filters.options),
        ]
        stems = [s for term in terms for alternative, _ in term.alternatives for s in alternative]
        stems += [stem(w) for text in (*extra, *(t for t in topic if t in english.SOFT)) for w in words(text)]
        lexical = self._lexical.scores(list(dict.fromkeys(stems)))
        cosine, degraded = self._cosines(" ".join([*extra, query.topic]).strip() or query.text, self._matrix)
        spelled = all(word in self.vocabulary.words for word in hard)
        # A head of two words ("cake stand") is plain enough for an unknown word beside it.
        compound = place is not None and len(terms[place].words) > 1
        foreign = 0 if compound else len(missing)
        evidence = Evidence(named, coverage, head, lexical, cosine, len(terms), foreign, spelled)
        if not terms:
            mask = np.ones(size, dtype=np.bool_)
        elif query.superlative or query.count:
            mask = strictly_relevant(evidence)
            mask = mask if mask.any() else relevant(evidence, self._gate)
        else:
            mask = relevant(evidence, self._gate)
        if not lenient and not mask.any():
            return self._measure(query, lenient=True)
        score = self._scorer.score(self._view(query, evidence))
        per_term = tuple((" ".join(term.words), both) for term, (_, both) in zip(terms, held, strict=True))
        absent = tuple(" ".join(term.words) for term in missing)
        return _Found(evidence, np.asarray(score, dtype=np.float32), mask, per_term, absent), degraded

    def _hit(self, row: int, found: _Found) -> Hit:
        cosine = found.evidence.cosine
        return Hit(
            self._rows[row],
            float(found.score[row]),
            float(cosine[row]) if cosine is not None else 0.0,
            float(found.evidence.coverage[row]),
            tuple(name for name, both in found.held if both[row] > 0),
        )

    # -- saying why there is nothing -----------------------------------------------------------

    def _explain(
        self, query: Query, k: int, exclude: frozenset[str], found: _Found, degraded: tuple[str, ...]
    ) -> SearchResult:
        rows = [int(r) for r in np.flatnonzero(found.relevant) if self._rows[r].id not in exclude]
        if not rows:
            order = np.argsort(-found.score, kind="stable")[: max(50, k)]
            near = [int(r) for r in order if self._rows[r].id not in exclude]
            fitting = [r for r in near if query.filters.matches(self._rows[r])]
            hits = tuple(self._hit(r, found) for r in (fitting or near)[:k])
            return SearchResult(query, (), 0, "not_stocked", hits, (), found.missing, degraded)
        names = [name for name, _ in query.filters.relaxations()]
        unstated = [name for name in names if not any(states(self._rows[r], name) for r in rows)]
        dropped, near = self._relax(query.filters, rows, unstated)
        near = self._nearest(near, query.filters, dropped, found)
        hits = tuple(self._hit(r, found) for r in near[:k])
        outcome: Outcome = "not_in_data" if unstated and set(dropped) & set(unstated) else "filtered_out"
        return SearchResult(query, (), 0, outcome, hits, dropped, found.missing, degraded)

    def _relax(
        self, filters: Filters, rows: list[int], unstated: list[str]
    ) -> tuple[tuple[str, ...], list[int]]:
        """Drop as few filters as leave something, first those the data cannot answer."""
        names = [name for name, _ in filters.relaxations()]
        for count in range(1, len(names) + 1):
            options: list[tuple[int, tuple[str, ...], list[int]]] = []
            for dropped in combinations(names, count):
                left = filters
                for name in dropped:
                    left = dict(left.relaxations())[name]
                passing = [row for row in rows if left.matches(self._rows[row])]
                if passing:
                    certain = len(set(dropped) & set(unstated))
                    options.append((certain * 1_000_000 + len(passing), dropped, passing))
            if options:
                _, dropped, passing = max(options, key=lambda option: option[0])
                return dropped, passing
        return tuple(names), rows

    def _nearest(
        self, rows: list[int], filters: Filters, dropped: tuple[str, ...], found: _Found
    ) -> list[int]:
        def distance(row: int) -> tuple[float, float]:
            money = self._rows[row].price
            if "price" not in dropped or money is None:
                return 0.0 if "price" not in dropped else float("inf"), -float(found.score[row])
            amount = money.amount
            over = amount - filters.max_price if filters.max_price is not None else None
            under = filters.min_price - amount if filters.min_price is not None else None
            far = max((float(d) for d in (over, under) if d is not None), default=0.0)
            return far, -float(found.score[row])

        return sorted(rows, key=distance)
