"""Fitting and measuring the mood's weights on reviews with stars.

Logistic regression over words scaled by their naive Bayes log-count ratio (Wang and Manning 2012,
"Baselines and Bigrams"), balanced, because nine reviews in ten are kind. Four stars and more are a
good mood, two and fewer a bad one, three are left out. Whole products are held out, never single
reviews: what is said of one product is said again by others. Knows review files; knows nothing of chats.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from insight.mood import MoodModel, features_of, load_mood_model
from shop.errors import SourceError
from shop.sources.tables import read_rows

COLUMNS = {
    "text": ("review text", "review", "text", "body", "review body", "content", "comment"),
    "title": ("title", "review title", "summary", "headline"),
    "stars": ("rating", "stars", "score", "star rating", "overall"),
    "product": ("clothing id", "product id", "asin", "parent asin", "item id", "product"),
}
GOOD_STARS, BAD_STARS = 4, 2
FOLDS = 5
HELD_OUT = 0.2
"""Share of the products that the shipped weights never saw, chosen by a hash of their id."""
LEAST_REVIEWS = 20
"""A word in fewer reviews than this is left out."""
STRENGTH = 0.05
"""Inverse penalty of the regression; from .02 to .1 the figures hardly move."""
SMALLEST = 0.03
"""Weights smaller than this are not kept."""
LEAST_OF_EACH = 50


@dataclass(frozen=True, slots=True)
class Review:
    """One review: its words, and whether its stars are good (three-star reviews are not made)."""

    text: str
    is_good: bool
    product: str


def read_reviews(path: Path) -> list[Review]:
    """The reviews of a CSV file that say something and have good or bad stars. Raises SourceError."""
    found = []
    for row in read_rows(path, COLUMNS, ("text", "stars", "product"), "a file of reviews"):
        try:
            stars = float(row["stars"])
        except ValueError as error:
            raise row.error(f"{row['stars']!r} is no number of stars; correct it", "stars") from error
        text = f"{row['title']}. {row['text']}" if row["title"] else row["text"]
        if row["text"] and (stars >= GOOD_STARS or stars <= BAD_STARS):
            found.append(Review(text, stars >= GOOD_STARS, row["product"]))
    for kind, count in (("good", sum(r.is_good for r in found)), ("bad", sum(not r.is_good for r in found))):
        if count < LEAST_OF_EACH:
            raise SourceError(
                f"holds {count} {kind} reviews; {LEAST_OF_EACH} of each kind are the least to learn from",
                file=path,
            )
    return found


def is_held_out(product: str) -> bool:
    """Whether the shipped weights never saw this product's reviews."""
    digest = hashlib.sha256(product.encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64 < HELD_OUT


def fit_mood(reviews: Sequence[Review]) -> MoodModel:
    """The weights for `reviews`; the same for the same reviews."""
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.linear_model import LogisticRegression

    counter = CountVectorizer(analyzer=_features, min_df=LEAST_REVIEWS, binary=True)
    table = counter.fit_transform([review.text for review in reviews]).astype(float)
    good = np.array([review.is_good for review in reviews])
    share = [np.asarray(1 + table[rows].sum(axis=0)).ravel() for rows in (good, ~good)]
    ratio = np.abs(np.log(share[0] / share[0].sum()) - np.log(share[1] / share[1].sum()))
    table.data *= ratio[table.indices]
    fitted = LogisticRegression(C=STRENGTH, class_weight="balanced", max_iter=500).fit(table, good)
    weights = fitted.coef_[0] * ratio
    names = counter.get_feature_names_out()
    kept = {
        str(names[n]): round(float(weights[n]), 3) for n in np.argsort(names) if abs(weights[n]) >= SMALLEST
    }
    return MoodModel(kept, round(float(fitted.intercept_[0]), 3))


def evaluate_mood(reviews: Sequence[Review]) -> dict[str, Any]:
    """How well the words tell good from bad reviews of products not learnt from, as JSON-ready figures.

    `words` is cross-validated by product, `shipped` are the weights of the product on the held-out
    products alone (None where the file has none of both kinds), `majority` calls every review good.
    """
    from sklearn.model_selection import GroupKFold

    good = np.array([review.is_good for review in reviews])
    products = [review.product for review in reviews]
    scores = np.zeros(len(reviews))
    folds = min(FOLDS, len(set(products)))
    if folds < 2:
        raise SourceError("all reviews are of one product, so none can be held out; add others")
    for train, test in GroupKFold(folds).split(scores, groups=products):
        model = fit_mood([reviews[n] for n in train])
        scores[test] = [model.score(reviews[n].text) for n in test]
    shipped = load_mood_model()
    unseen = [n for n, product in enumerate(products) if is_held_out(product)]
    figures = [shipped.score(reviews[n].text) for n in unseen]
    models = {
        "words": mood_figures(good, scores),
        "shipped": mood_figures(good[unseen], np.array(figures)) if len(set(good[unseen])) == 2 else None,
        "majority": mood_figures(good, np.ones(len(good))),
    }
    return {
        "best": {"model": "words", **(models["words"] or {})},
        "models": models,
        "rows": len(reviews),
        "products": len(set(products)),
        "base_rate": round(float(good.mean()), 4),
        "split": f"{folds} folds by product; shipped: the {HELD_OUT:.0%} of products it never saw",
    }


def mood_figures(good: NDArray[np.bool_], scores: NDArray[np.float64]) -> dict[str, float | int]:
    """F1 of the good and of the bad reviews, their mean, precision, recall, accuracy, AUROC, rows."""
    from sklearn.metrics import precision_recall_fscore_support, roc_auc_score

    called = scores > 0
    precision, recall, f1, _ = precision_recall_fscore_support(
        good, called, labels=[True, False], zero_division=0
    )
    figures = {
        "f1": f1[0],
        "precision": precision[0],
        "recall": recall[0],
        "f1_negative": f1[1],
        "precision_negative": precision[1],
        "recall_negative": recall[1],
        "macro_f1": f1.mean(),
        "accuracy": (good == called).mean(),
        "auroc": roc_auc_score(good, scores),
    }
    return {name: round(float(value), 4) for name, value in figures.items()} | {"rows": len(good)}


def write_mood(model: MoodModel, card: Mapping[str, object], path: Path) -> None:
    """Keep a model with its card as one JSON file."""
    kept = {"card": dict(card), "bias": model.bias, "weights": dict(model.weights)}
    path.write_text(json.dumps(kept, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")


def fit_shipped(reviews: Sequence[Review], source: str) -> tuple[MoodModel, dict[str, object]]:
    """The weights that ship, fitted without the held-out products, and the card that says so."""
    learnt = [review for review in reviews if not is_held_out(review.product)]
    unseen = [review for review in reviews if is_held_out(review.product)]
    model = fit_mood(learnt)
    scores = np.array([model.score(review.text) for review in unseen])
    card: dict[str, object] = {
        "fitted_on": f"{len(learnt):,} reviews; {source}",
        "held_out": mood_figures(np.array([review.is_good for review in unseen]), scores),
        "split": f"{HELD_OUT:.0%} of the products, by a hash of their id, were never learnt from",
        "language": "English",
    }
    return model, card


def _features(text: str) -> Iterator[str]:
    return (feature for feature, _ in features_of(text))
