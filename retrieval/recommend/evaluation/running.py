"""Runs a task: fits, ranks all products for every test row, and says how good each scorer and the blend are.

Knows tasks, scorers and figures; knows nothing of files and terminals.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import sparse  # type: ignore[import-untyped]

from retrieval.recommend.evaluation.figures import Ranked, rank, summarise
from retrieval.recommend.evaluation.tasks import Task
from retrieval.recommend.fitting import Progress, fit_scorers, teach
from retrieval.recommend.histories import Histories
from retrieval.recommend.models.blending import BATCH, Blend, fit_blend
from retrieval.recommend.models.content import content_of_texts
from retrieval.recommend.models.popularity import fit_recent
from retrieval.recommend.scorers import Floats, Scorer

SERVED = 200
"""Test rows that are served one by one to take the time."""
RECENT_DAYS = 14


@dataclass(frozen=True)
class RecommendReport:
    """Figures of each recommender by name, and what they were measured on."""

    recommenders: dict[str, dict[str, Any]]
    users: int
    items: int
    notes: Sequence[str]

    def as_json(self) -> dict[str, Any]:
        """As `regulars evaluate recommend --json` prints it."""
        return {
            "recommenders": self.recommenders,
            "users": self.users,
            "items": self.items,
            "notes": list(self.notes),
        }


def evaluate_recommend(task: Task, progress: Progress | None = None) -> RecommendReport:
    """Fit on the task's log, choose weights on its lessons, rank its tests."""
    contents = [content_of_texts(task.texts)] if any(task.texts) else []
    started = time.perf_counter()
    scorers, seconds = fit_scorers(task.log, contents, progress)
    blend = fit_blend(teach(task.log, scorers, task.lessons, contents, progress), scorers, task.again)
    seconds["blend"] = time.perf_counter() - started
    if task.next_basket:
        recent = fit_recent(task.log, RECENT_DAYS, f"popularity_{RECENT_DAYS}_days")
        extra: list[Scorer] = [recent]
    else:
        extra = []
    found = _measure(task, task.log, blend, extra, seconds, progress)
    if task.refit is None:
        found["blend_refit"] = dict(found["blend"])
    else:
        started = time.perf_counter()
        again, _ = fit_scorers(task.refit, contents, progress)
        refitted = replace(blend, scorers=again, name="blend_refit")
        seconds["blend_refit"] = seconds["blend"] + time.perf_counter() - started
        measured = _measure(task, task.refit, refitted, [], seconds, progress, only_blend=True)
        found["blend_refit"] = measured["blend_refit"]
    return RecommendReport(found, len(task.tests), task.products, task.notes)


def _measure(
    task: Task,
    log: Histories,
    blend: Blend,
    extra: Sequence[Scorer],
    seconds: dict[str, float],
    progress: Progress | None,
    only_blend: bool = False,
) -> dict[str, dict[str, Any]]:
    everything: dict[str, list[Ranked]] = {}
    unbought: dict[str, list[Ranked]] = {}
    for first in range(0, len(task.tests), BATCH):
        part = task.tests.part(first, first + BATCH)
        wanted = task.answers[first : first + BATCH]
        seen = part.matrix()
        new = _without(wanted, seen)
        with_new = np.flatnonzero(np.diff(new.indptr))
        for name, scores in _scores(part, blend, extra, only_blend):
            ranked = rank(scores, wanted, None if task.again else seen)
            everything.setdefault(name, []).append(ranked)
            if task.next_basket and len(with_new):
                ranked = rank(scores[with_new], new[with_new], seen[with_new])
                unbought.setdefault(name, []).append(ranked)
        if progress:
            progress(min(first + BATCH, len(task.tests)), len(task.tests))
    bought = np.bincount((log.matrix() > 0).tocsr().indices, minlength=log.products)
    served = _serving_ms(task, blend, extra, only_blend)
    found: dict[str, dict[str, Any]] = {}
    for name, parts in everything.items():
        figures = summarise(_joined(parts), bought, len(log))
        if name in unbought:
            alone = summarise(_joined(unbought[name]), bought, len(log))
            figures |= {f"new_{key}": value for key, value in alone.items()}
            figures["new_users"] = sum(len(one.top) for one in unbought[name])
        figures["fit_s"] = round(seconds.get(name, 0.0), 2)
        figures |= served.get(name, {})
        found[name] = figures
    return found


def _scores(
    part: Histories, blend: Blend, extra: Sequence[Scorer], only_blend: bool
) -> Iterator[tuple[str, Floats]]:
    parts = [scorer.scores_many(part) for scorer in blend.scorers]
    yield blend.name, blend.blend_parts(part, parts)
    if only_blend:
        return
    for scorer, scores in zip(blend.scorers, parts, strict=True):
        yield scorer.name, scores
    for scorer in extra:
        yield scorer.name, scorer.scores_many(part)


def _serving_ms(
    task: Task, blend: Blend, extra: Sequence[Scorer], only_blend: bool
) -> dict[str, dict[str, float]]:
    """Median and 95th percentile of scoring all products for one customer at a time."""
    chosen = np.random.default_rng(1).permutation(len(task.tests))[:SERVED]
    rows = [task.tests.take(np.array([row])) for row in chosen]
    found = {}
    for scorer in [blend] if only_blend else [blend, *blend.scorers, *extra]:
        scorer.scores_many(rows[0])
        times = []
        for row in rows:
            started = time.perf_counter()
            scorer.scores_many(row)
            times.append(1000 * (time.perf_counter() - started))
        found[scorer.name] = {
            "p50_ms": round(float(np.percentile(times, 50)), 2),
            "p95_ms": round(float(np.percentile(times, 95)), 2),
        }
    return found


def _without(wanted: sparse.csr_matrix, seen: sparse.csr_matrix) -> sparse.csr_matrix:
    left = (wanted - wanted.multiply(seen > 0)).tocsr()
    left.eliminate_zeros()
    return left


def _joined(parts: Sequence[Ranked]) -> Ranked:
    return Ranked(
        np.concatenate([part.top for part in parts]),
        {name: np.concatenate([part.rows[name] for part in parts]) for name in parts[0].rows},
    )
