"""How well search finds what judged queries ask for: every stage measured over a throw-away index.

The ranker that is measured was never fitted on a query it is measured on: where the shipped one was
(its card lists them), it is fitted anew for each part of the queries from the other parts. Knows the
index and the search; knows nothing of terminals.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.fitting import Sample, fit_ranker
from retrieval.indexing import build_index, open_search
from retrieval.judgements import Judged, read_judgements
from retrieval.metrics import ideal_gain, ndcg, recall, reciprocal_rank
from retrieval.plain_words import PlainWords
from retrieval.ranker import Ranker, digest
from retrieval.search import Search
from shop.errors import ConfigError, SearchError, SourceError
from shop.settings import Settings
from shop.sources import import_file
from shop.store import Store

STAGES = ("bm25", "dense", "fused", "ranked")
"""Each alone over the whole catalogue. bm25: the typed words' stems in title (.7) and all text (.3);
dense: the typed text's vector; fused: all signals weighted so that answers are among the first hundred;
ranked: those reordered, which is what shoppers get."""
DEEP = 100
FOLDS = 8

View = tuple[list[str], NDArray[np.float32]]
"""Ids of a query's candidates and a row of signals each."""
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Scores:
    """Of one query or their mean; None where no product is an answer (gain of at least 1)."""

    ndcg: float
    recall: float | None
    mrr: float | None

    def as_json(self, k: int) -> dict[str, float | None]:
        """By the names people know."""
        rounded = (None if value is None else round(value, 4) for value in (self.recall, self.mrr))
        return {f"ndcg@{k}": round(self.ndcg, 4), f"recall@{DEEP}": next(rounded), "mrr": next(rounded)}


@dataclass(frozen=True, slots=True)
class QueryReport:
    """One query: each stage's scores, how long the search took, and what `ranked` put first."""

    judged: Judged
    stages: dict[str, Scores]
    ms: float
    shown: tuple[str, ...]

    def as_json(self, k: int) -> dict[str, Any]:
        """With the right products that are not shown, for finding out why."""
        missed = [id_ for id_, gain in self.judged.gains.items() if gain >= 1 and id_ not in self.shown]
        return {
            "query_id": self.judged.id,
            "query": self.judged.query,
            **self.stages["ranked"].as_json(k),
            "stages": {name: scores.as_json(k) for name, scores in self.stages.items()},
            "ms": round(self.ms, 1),
            "shown": [{"product_id": id_, "gain": self.judged.gains.get(id_)} for id_ in self.shown],
            "answers_not_shown": missed,
        }


@dataclass(frozen=True, slots=True)
class SearchReport:
    """All queries; `ranker` says on what the ranker was fitted, `unknown` counts judged products that
    the catalogue does not hold (they count as not found)."""

    queries: tuple[QueryReport, ...]
    k: int
    products: int
    index_s: float
    ranker: str
    unknown: int
    fitted: Ranker | None = field(default=None, repr=False)

    def mean(self, stage: str) -> Scores:
        """Means over the queries for which there is a figure."""
        found = [query.stages[stage] for query in self.queries]
        answered = [(s.recall, s.mrr) for s in found if s.recall is not None and s.mrr is not None]
        return Scores(
            float(np.mean([scores.ndcg for scores in found])),
            float(np.mean([r for r, _ in answered])) if answered else None,
            float(np.mean([m for _, m in answered])) if answered else None,
        )

    def interval(self, stage: str) -> tuple[float, float]:
        """95 % bootstrap interval of the mean NDCG over queries."""
        values = np.array([query.stages[stage].ndcg for query in self.queries])
        draws = np.random.default_rng(1).choice(values, (2000, len(values))).mean(axis=1)
        return float(np.quantile(draws, 0.025)), float(np.quantile(draws, 0.975))

    def as_json(self) -> dict[str, Any]:
        """Figures of the whole and of each stage."""
        times = [query.ms for query in self.queries]
        stages = {
            name: self.mean(name).as_json(self.k)
            | {f"ndcg@{self.k}_95": [round(end, 4) for end in self.interval(name)]}
            for name in STAGES
        }
        return {
            "queries": len(self.queries),
            **self.mean("ranked").as_json(self.k),
            "p50_ms": round(float(np.percentile(times, 50)), 1),
            "p95_ms": round(float(np.percentile(times, 95)), 1),
            "index_s": round(self.index_s, 1),
            "products": self.products,
            "ranker": self.ranker,
            "judged_products_unknown": self.unknown,
            "stages": stages,
        }


def evaluate_search(
    products: Path,
    judgements: Path,
    settings: Settings,
    k: int = 10,
    train: Path | None = None,
    progress: Progress | None = None,
) -> SearchReport:
    """Index `products` in a temporary folder and rank them for every judged query.

    With `train` the ranker is fitted on the queries there, less those of `judgements`; where these are
    all, it is cross-validated, and the one to keep is fitted on all of them.
    """
    judged = read_judgements(judgements)
    with tempfile.TemporaryDirectory(prefix="regulars-evaluate-") as folder:
        scratch = settings.model_copy(update={"shop": Path(folder), "database": "", "vectors": "memory:"})
        with Store(scratch.database_url) as store:
            import_file(store, "products", products, "auto", scratch)
            started = time.perf_counter()
            build_index(store, scratch, progress)
            search = open_search(store, scratch)
            index_s = time.perf_counter() - started
            # Search reads products from the store and looks there for changes, so it stays open.
            unknown = {id_ for one in judged for id_ in one.gains} - search.products.keys()
            if all(id_ in unknown for one in judged for id_ in one.gains):
                raise SourceError(
                    f"none of its products is in {products}; name the file that they are from",
                    file=judgements,
                    column="product_id",
                )
            return _measure(search, judged, train, k, index_s, len(unknown))


def _measure(
    search: Search,
    judged: Sequence[Judged],
    train: Path | None,
    k: int,
    index_s: float,
    unknown: int,
) -> SearchReport:
    times = []
    for one in judged:
        started = time.perf_counter()
        search.search(one.query, k=k)
        times.append(1000 * (time.perf_counter() - started))
    if not search.nearest(judged[0].query, 1):
        degraded = search.search(judged[0].query).degraded
        raise SearchError(f"there are no vectors to measure ({'; '.join(degraded)})")
    views = [search.signals(one.query) for one in judged]
    rankers, label, fitted = _choose_rankers(search, judged, views, train)
    baseline = PlainWords(list(search.products.values()))
    reports = []
    for one, (ids, table), ranker, ms in zip(judged, views, rankers, times, strict=True):
        fused = [ids[row] for row in np.argsort(-ranker.fuse(table), kind="stable")[:DEEP]]
        ranked = [ids[row] for row in ranker.order(table)[:DEEP]]
        rankings = (baseline.rank(one.query, DEEP), search.nearest(one.query, DEEP), fused, ranked)
        stages = {
            name: Scores(
                ndcg(ranking, one.gains, k),
                recall(ranking, one.gains, DEEP),
                reciprocal_rank(ranking, one.gains),
            )
            for name, ranking in zip(STAGES, rankings, strict=True)
        }
        reports.append(QueryReport(one, stages, ms, tuple(ranked[:k])))
    return SearchReport(tuple(reports), k, len(search.products), index_s, label, unknown, fitted)


def _choose_rankers(
    search: Search, judged: Sequence[Judged], views: Sequence[View], train: Path | None
) -> tuple[list[Ranker], str, Ranker | None]:
    """(a ranker for each query that was not fitted on it, on what they were, the one to keep)."""
    if train is None:
        if not any(search.ranker.has_seen(one.query) for one in judged):
            return [search.ranker] * len(judged), "as installed, fitted on none of these queries", None
        rankers, label = _fit_in_folds(judged, views)
        return rankers, f"{label}, because the installed one was fitted on some of them", None
    scored = {digest(one.query) for one in judged}
    lessons = read_judgements(train)
    others = [one for one in lessons if digest(one.query) not in scored]
    if others:
        fitted = _fit(others, [search.signals(one.query) for one in others])
        return [fitted] * len(judged), f"fitted on {len(others)} other queries of {train}", fitted
    rankers, label = _fit_in_folds(judged, views)
    return rankers, label, _fit(lessons, [search.signals(one.query) for one in lessons])


def _fit(judged: Sequence[Judged], views: Sequence[View]) -> Ranker:
    samples = [
        Sample(
            table,
            np.array([one.gains.get(id_, 0.0) for id_ in ids]),
            ideal_gain(one.gains, 10),
        )
        for one, (ids, table) in zip(judged, views, strict=True)
    ]
    try:
        ranker = fit_ranker(samples)
    except ValueError as error:
        raise SearchError(f"the ranker cannot be fitted: {error}; judge other queries") from error
    card = {"queries": len(judged), "queries_seen": sorted(digest(one.query) for one in judged)}
    return replace(ranker, card=card)


def _fit_in_folds(judged: Sequence[Judged], views: Sequence[View]) -> tuple[list[Ranker], str]:
    """For every query a ranker fitted on the other folds' queries (one text is always in one fold)."""
    order = sorted({digest(one.query) for one in judged})
    folds = min(FOLDS, len(order))
    if folds < 2:
        raise SearchError(
            "the ranker was fitted on this query and there is no other to fit on; judge more queries"
        )
    fold_of = {seen: place % folds for place, seen in enumerate(order)}
    fitted = {}
    for fold in range(folds):
        kept = [place for place, one in enumerate(judged) if fold_of[digest(one.query)] != fold]
        fitted[fold] = _fit([judged[at] for at in kept], [views[at] for at in kept])
    label = f"cross-validated by query in {folds} folds"
    return [fitted[fold_of[digest(one.query)]] for one in judged], label


def write_ranker(report: SearchReport, file: Path) -> None:
    """The ranker fitted by this run, with the figures it reached on queries it was not fitted on."""
    if report.fitted is None:
        raise ConfigError("no ranker was fitted; name judged queries with --train-judgements")
    figures = report.as_json()
    card = {
        "fitted_on": f"{report.fitted.card['queries']} judged queries, {report.products} products",
        "measured": f"ranker {report.ranker}; each figure with the better of bm25 and dense beside it",
        **{
            name: [figures["stages"]["ranked"][name], max(figures["stages"][s][name] for s in STAGES[:2])]
            for name in (f"ndcg@{report.k}", f"recall@{DEEP}", "mrr")
        },
        f"ndcg@{report.k}_95": figures["stages"]["ranked"][f"ndcg@{report.k}_95"],
        "command": "regulars evaluate search --products P --judgements J --train-judgements J "
        "--save-ranker FILE",
    }
    text = json.dumps(replace(report.fitted, card={**card, **report.fitted.card}).as_json(), indent=2)
    _write(file, text + "\n")


def write_queries(report: SearchReport, file: Path) -> None:
    """One JSON object a query, worst first."""
    worst = sorted(report.queries, key=lambda query: query.stages["ranked"].ndcg)
    lines = [json.dumps(query.as_json(report.k), ensure_ascii=False) + "\n" for query in worst]
    _write(file, "".join(lines))


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SourceError(
            f"cannot be written ({error.strerror}); name a file elsewhere", file=file
        ) from error
