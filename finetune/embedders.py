"""May a taught embedder be used: it is measured beside the one in use on searches it was not taught.

Every question ranks the shop's whole catalogue by similarity alone; the two are compared question by
question. Where the questions come from is pairs.py's and judgements.py's business.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from finetune.pairs import Split, read_pairs, split_pairs
from finetune.shelf import SHIPPED, Shelf, write_card
from retrieval.embedding import Embedder, Vectors, load_embedder
from retrieval.judgements import Judged, read_judgements
from retrieval.library import product_text
from retrieval.metrics import ndcg
from shop.errors import ConfigError, SourceError
from shop.settings import Settings
from shop.store import Store
from shop.versions import EMBEDDERS

SHELF = Shelf("embedder", EMBEDDERS, ("config.json", "model.safetensors", "tokenizer.json"))

TOP = 10
QUESTIONS = 500
"""Questions of one kind that are asked, at most."""
QUESTIONS_NEEDED = 50
"""Fewer of the shop's own searches decide nothing."""
DRIFT = 0.05
"""How far the similarities of the best matches may move: search's thresholds were set on the packaged
embedder's (retrieval/ranking.py), and "we don't have that" rests on them."""
RESAMPLES = 10_000
PART = 512

Floats = NDArray[np.float64]
Progress = Callable[[int, int], None]


def check_embedder(settings: Settings) -> None:
    """Raises ConfigError where the shop's embedder is none that a taught one could replace."""
    if settings.embedder.partition("#")[0] not in ("minilm", "minilm:"):
        raise ConfigError(
            f"this shop's embedder is {settings.embedder!r}; only 'minilm' can be taught: change the setting"
        )


def measure(
    name: str, settings: Settings, store: Store, judgements: Path | None, progress: Progress
) -> dict[str, Any]:
    """The figures of the embedder called `name` (a version or a folder) beside the one in use, written
    into its card. Beside the packaged one where it is itself in use."""
    check_embedder(settings)
    taught = SHELF.read(Path(name)) if Path(name).is_dir() else SHELF.find(name, settings.shop)
    products = store.products()
    cut = str(taught.card.data.get("cut", ""))
    split = split_pairs(
        read_pairs(store, products), products, cut=datetime.fromisoformat(cut) if cut else None
    )
    asked = held_out_questions(split)
    if judgements is not None:
        asked["judgements"] = _answerable(judgements, split, {product.id for product in products})
    if not any(asked.values()):
        raise ConfigError(
            "there is nothing to measure on: no product that was kept out has a description; "
            "give --judgements FILE"
        )
    used = SHELF.current_version(settings.shop)
    beside = SHIPPED if used == taught.version else used
    _, _, form = settings.embedder.partition("#")
    folders = {SHIPPED: ""} | {one.version: str(one.folder) for one in SHELF.versions(settings.shop)}
    before, after = (
        load_embedder(f"minilm:{folder}#{form}" if form else f"minilm:{folder}")
        for folder in (folders[beside], str(taught.folder))
    )
    figures = compare(before, after, {p.id: product_text(p) for p in products}, asked, progress)
    figures |= {"beside": beside, "judgements_file": judgements.name if judgements else ""}
    write_card(taught.folder, replace(taught.card, metrics=figures))
    return figures


def _answerable(file: Path, split: Split, known: Set[str]) -> list[Judged]:
    """The judged queries that some product here answers and that were not trained on."""
    taught = {pair.text for pair in split.train}
    found = [
        one
        for one in read_judgements(file)
        if one.query not in taught and any(gain > 0 and id_ in known for id_, gain in one.gains.items())
    ]
    if not found:
        raise SourceError(
            "none of the judged products is in this shop; give judgements of this shop's products", file=file
        )
    return found


def held_out_questions(split: Split) -> dict[str, list[Judged]]:
    """What the shop's records ask of products kept out of training: by kind, a text once."""
    wanted: dict[str, dict[str, dict[str, float]]] = {
        "descriptions": defaultdict(dict),
        "queries": defaultdict(dict),
    }
    for pair in split.test:
        if pair.kind in wanted:
            wanted[pair.kind][pair.text][pair.product_id] = 1.0
    found = {}
    for kind, gains in wanted.items():
        texts = sorted(gains, key=lambda text: (zlib.crc32(text.encode()), text))
        found[kind] = [Judged(text, text, gains[text]) for text in texts[:QUESTIONS]]
    return found


def compare(
    before: Embedder,
    after: Embedder,
    texts: Mapping[str, str],
    asked: Mapping[str, Sequence[Judged]],
    progress: Progress,
) -> dict[str, Any]:
    """NDCG@10 of both embedders on each kind of question, the difference with its 95 % interval, and
    how far the similarity of the ten best moved."""
    ids = list(texts)
    everything = [*texts.values(), *(one.query for kind in asked.values() for one in kind)]
    total, done = 2 * len(everything), 0
    gained: dict[str, list[Floats]] = defaultdict(list)
    similar: dict[str, list[float]] = defaultdict(list)
    for embedder in (before, after):
        parts = []
        for start in range(0, len(everything), PART):
            parts.append(embedder.embed(everything[start : start + PART]))
            done += len(parts[-1])
            progress(done, total)
        rows = np.concatenate(parts)
        products, at = rows[: len(ids)], len(ids)
        for kind, questions in asked.items():
            if questions:
                ndcgs, best = _rank(rows[at : at + len(questions)], products, ids, questions)
                gained[kind].append(ndcgs)
                similar[kind].append(best)
            at += len(questions)
    figures: dict[str, Any] = {}
    for kind, (old, new) in gained.items():
        low, high = interval(new - old)
        figures[kind] = {
            "questions": len(old),
            "before": round(float(old.mean()), 4),
            "after": round(float(new.mean()), 4),
            "low": round(low, 4),
            "high": round(high, 4),
            "drift": round(similar[kind][1] - similar[kind][0], 4),
        }
    return figures


def _rank(
    asked: Vectors, products: Vectors, ids: Sequence[str], questions: Sequence[Judged]
) -> tuple[Floats, float]:
    found, best = [], []
    for vector, question in zip(asked, questions, strict=True):
        close = products @ vector
        order = np.argsort(-close, kind="stable")[:TOP]
        found.append(ndcg([ids[row] for row in order], question.gains, TOP))
        best.append(float(close[order].mean()))
    return np.array(found), float(np.mean(best))


def interval(differences: Floats) -> tuple[float, float]:
    """Where the mean difference lies with 95 % certainty: paired bootstrap over the questions."""
    chance = np.random.default_rng(0)
    means = [
        differences[chance.integers(0, len(differences), len(differences))].mean() for _ in range(RESAMPLES)
    ]
    low, high = np.quantile(means, (0.025, 0.975))
    return float(low), float(high)


def objections(version: str, settings: Settings) -> list[str]:
    """Why that version may not be used by this shop; the packaged one always may."""
    check_embedder(settings)
    if version == SHIPPED:
        return []
    metrics = SHELF.find(version, settings.shop).card.metrics
    return refusals(metrics, SHELF.current_version(settings.shop))


def refusals(metrics: Mapping[str, Any], used: str) -> list[str]:
    """Why an embedder may not replace the version in use; empty where it may.

    The best evidence there is decides: judged searches, else the shop's own. Finding products by
    pieces of their pages is practice for searching, not searching, and decides nothing by itself.
    """
    if "beside" not in metrics:
        return ["it has not been measured; run regulars finetune evaluate --what embeddings on it first"]
    if metrics["beside"] != used:
        return [f"it was measured beside {metrics['beside']}, but {used} is in use; evaluate it again"]
    kinds = {kind: metrics[kind] for kind in ("judgements", "queries", "descriptions") if kind in metrics}
    decides = next(
        (k for k in ("judgements", "queries") if kinds.get(k, {}).get("questions", 0) >= QUESTIONS_NEEDED),
        None,
    )
    if decides is None:
        return [
            f"fewer than {QUESTIONS_NEEDED} searches to judge it by; evaluate it with --judgements FILE, "
            "or when more customers who allow training have searched"
        ]
    reasons = []
    for kind, figures in kinds.items():
        moved = f"NDCG@10 on {kind} goes from {figures['before']:.4f} to {figures['after']:.4f}"
        between = f"95 % between {figures['low']:+.4f} and {figures['high']:+.4f}"
        if kind == decides and figures["low"] <= 0:
            reasons.append(f"{moved}, which may be chance ({between})")
        elif kind != decides and figures["high"] < 0:
            reasons.append(f"{moved}, which is worse ({between})")
    drift = kinds[decides]["drift"]
    if abs(drift) > DRIFT:
        reasons.append(
            f"similarities of the best matches move by {drift:+.3f}, more than {DRIFT}: "
            "what search calls relevant would no longer be; train fewer steps"
        )
    return reasons
