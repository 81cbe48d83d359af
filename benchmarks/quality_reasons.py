"""Two hundred sampled recommendations on the giftware sample, its scorers fitted: is every reason true?

A hundred for customers, drawn by a seeded shuffle from all, so that most have few orders; some are given
views and something they like first, on a copy of the shop. A hundred for guests on the pages of products
drawn likewise. The check is recommendation_check.py's, which shares no code with the recommender.
"""

from __future__ import annotations

import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.measure import Row, run_part
from benchmarks.recommendation_check import RawShop, untrue

CUSTOMERS, EACH = 25, 4
SEED = 20111
LIKES = ("roses", "vintage", "christmas", "wood", "lunch bag")


def recommend(
    folder: Path, customers: int = CUSTOMERS, each: int = EACH
) -> tuple[Any, dict[str, list[dict[str, Any]]]]:
    """(settings, customer id or page of a product -> recommendations as JSON) of a shop to which deeds were
    added."""
    from assistant.chat import Assistant
    from assistant.wire import recommendation_json
    from retrieval.recommend.base import Context
    from shop.settings import load_settings

    settings = load_settings(folder, model="none:")
    assistant = Assistant.open(settings)
    try:
        drawn = random.Random(SEED)
        ids = [customer.id for customer in assistant.store.customers(100_000)]
        drawn.shuffle(ids)
        products = sorted(assistant.search.products)
        found = {}
        for place, id_ in enumerate(ids[:customers]):
            if place % 3 == 0:
                for product in drawn.sample(products, 3):
                    assistant.deeds.note("Product Viewed", product, customer_id=id_, conversation_id="")
            if place % 5 == 0:
                assistant.store.remember(id_, "likes", drawn.choice(LIKES))
            context = Context(customer_id=id_, today=settings.current_date)
            found[id_] = [recommendation_json(one) for one in assistant.recommender.recommend(context, each)]
        for product in drawn.sample(products, customers):
            context = Context(seeds=(product,), today=settings.current_date)
            lists = assistant.recommender.recommend(context, each)
            found[f"page of {product}"] = [recommendation_json(one) for one in lists]
        return settings, found
    finally:
        assistant.close()


def measure(work: Path) -> Sequence[Row]:
    """Recommendations, reasons and untrue reasons; each untrue one is a row of its own."""
    from retrieval.recommend.scorers import fit_scorers
    from shop.store import Store
    from ui.cli import prepare_sample

    prepared = prepare_sample("giftware", work / "giftware")
    with Store(prepared.database_url) as store:
        fit_scorers(store, prepared.shop / "recommend", prepared.current_date, None)
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / "shop"
        shutil.copytree(work / "giftware", copy, ignore=shutil.ignore_patterns("*.lock"))
        settings, found = recommend(copy)
        shop = RawShop(copy / "shop.db", settings.current_date)
        wrong = [line for id_, rows in found.items() for line in untrue(shop, id_, rows)]
    codes = Counter(reason["code"] for rows in found.values() for one in rows for reason in one["reasons"])
    total = sum(len(rows) for rows in found.values())
    over = f"{len(found) // 2} customers and as many products' pages drawn with seed {SEED}"
    rows = [
        Row("recommendations checked", str(total), over),
        Row("reasons counted again from the database", str(sum(codes.values())), over),
        Row("of them untrue", str(len(wrong)), over),
    ]
    rows += [Row(f"reasons, {code}", str(count), over) for code, count in codes.most_common()]
    return rows + [Row("untrue", line, over) for line in wrong]


if __name__ == "__main__":
    run_part(measure)
