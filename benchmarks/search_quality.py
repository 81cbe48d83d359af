"""Search quality on what shoppers asked (ESCI) and on topics the samples hold and do not hold.

    python benchmarks/search_quality.py --judgements ../shared/data/esci/judgements_dev.csv

Prints JSON. NDCG@10 and recall@100 rank the whole marketplace catalogue (unjudged products count as
irrelevant) without the relevance gate; the present/absent topics measure the gate itself: a present
topic denied is a wrong denial, an absent one "found" is a wrong promise.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import random
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from retrieval.english import FILLER
from retrieval.indexing import build_index, open_search
from retrieval.search import Search
from retrieval.words import words
from shop.samples import load_sample
from shop.store import Store

PRESENT = {
    "giftware": (
        "tea light holder|mug|cup|xmas decorations|lunch box|hot water bottle|cake stand|doormat|"
        "wrapping paper|birthday card|alarm clock|picture frame|cushion cover|kids umbrella|jewellery box|"
        "necklace|earrings|apron|oven gloves|tea towels|bunting|candles|incense|money box|notebook|"
        "pencil case|jigsaw|fairy lights|parasol|lantern|storage tin|biscuit tin|egg cups|toast rack|"
        "fridge magnets|key ring|photo album|hand warmer|playing cards|skipping rope|garden ornament|"
        "bird house|recipe book|plasters|door stop|shopping bag|rucksack|teapot|cutlery|paper napkins"
    ),
    "marketplace": (
        "sandals for women|binder|belt without buckle|christmas ornaments|dog bowl|slippers|guitar|"
        "led strip lights|ceiling fan|picnic basket|cat treats|mattress|wireless thermostat|wig|shampoo|"
        "sports bra|putting mat|napkins|mens slippers|bathing suit|sunglasses|board game|planner|"
        "pvc coupling|faucet drain|nail polish kit|lego set|fitness tracker|fire tv stick|window screen|"
        "frying pan|microphone|hand cream|t-shirt|screwdriver|sneakers|couch|necklace|mug|backpack|"
        "coffee machine|3d printer|diapers"
    ),
}
ABSENT = {
    "giftware": (
        "espresso machine|laptop|bicycle|smartphone|television|car tyres|running shoes|washing machine|"
        "dog food|protein powder|sofa|mattress|lawn mower|electric guitar|printer ink|ps5 controller|"
        "wedding dress|jeans|winter coat|sunscreen|vitamins|diapers|drill|hammer|tent|skateboard|golf clubs|"
        "fishing rod|microscope|usb cable|hard drive|smart watch|vacuum cleaner|air fryer|blender|"
        "fridge freezer|contact lenses|whisky|trampoline|treadmill|router|drone|electric toothbrush|shampoo"
    ),
    "marketplace": (
        "car tyres|washing machine|lawn mower|motorcycle helmet|trampoline|electric toothbrush|"
        "aquarium heater|grand piano|contact lenses|whisky|microscope|telescope|hot tub|saxophone|stroller|"
        "crib|infant car seat|graphics card|dishwasher|snowboard|ski boots|horse saddle|sewing machine|"
        "pressure washer|leaf blower|beehive|violin|accordion|canoe|cement mixer|wheelbarrow|hearing aid"
    ),
}


def ndcg(ranked: list[str], gains: dict[str, float], k: int = 10) -> float:
    """Discounted gain of the first `k` over the best possible."""
    got = sum(gains.get(id_, 0.0) / math.log2(place + 2) for place, id_ in enumerate(ranked[:k]))
    best = sum(g / math.log2(place + 2) for place, g in enumerate(sorted(gains.values(), reverse=True)[:k]))
    return got / best if best else 0.0


def measure_ranking(search: Search, file: Path) -> dict[str, float]:
    """NDCG@10 and recall@100 of exact matches, mean over queries."""
    judged: dict[str, dict[str, float]] = defaultdict(dict)
    with file.open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            judged[row["query"]][row["product_id"]] = float(row["gain"])
    quality, recall = [], []
    for query, gains in judged.items():
        ranked = [id_ for id_, _ in search.ranking(query, 100)]
        exact = {id_ for id_, gain in gains.items() if gain == 1.0}
        quality.append(ndcg(ranked, gains))
        if exact:
            recall.append(len(exact & set(ranked)) / len(exact))
    return {
        "queries": len(quality),
        "ndcg_at_10": round(sum(quality) / len(quality), 4),
        "recall_at_100": round(sum(recall) / len(recall), 4),
    }


def measure_gate(search: Search, sample: str) -> dict[str, object]:
    """Wrong denials (listed topics, and words taken from random titles) and wrong promises."""
    denied = [t for t in PRESENT[sample].split("|") if search.search(t).outcome == "not_stocked"]
    promised = [t for t in ABSENT[sample].split("|") if search.search(t).outcome == "found"]
    chance = random.Random(7)
    taken = []
    for product in chance.sample(list(search.products.values()), 60):
        said = [w for w in words(product.title)[:10] if w.isalpha() and len(w) > 2 and w not in FILLER]
        if len(said) > 1:
            at = chance.randrange(len(said) - 1)
            taken += [said[at], " ".join(said[at : at + 2])]
    lost = [text for text in taken if search.search(text).outcome == "not_stocked"]
    return {
        "present": len(PRESENT[sample].split("|")),
        "wrongly_denied": denied,
        "absent": len(ABSENT[sample].split("|")),
        "wrongly_promised": promised,
        "title_words": len(taken),
        "title_words_denied": lost,
    }


def measure_speed(search: Search, sample: str) -> dict[str, float]:
    """Milliseconds a search, each question for the first time."""
    times = []
    for topic in PRESENT[sample].split("|"):
        started = time.perf_counter()
        search.search(f"a nice {topic} under 20")
        times.append(1000 * (time.perf_counter() - started))
    times.sort()
    return {"p50_ms": round(times[len(times) // 2], 1), "p95_ms": round(times[int(len(times) * 0.95)], 1)}


def main() -> None:
    """Run it; see the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--judgements", type=Path)
    parser.add_argument("--samples", nargs="+", default=["giftware", "marketplace"], choices=list(PRESENT))
    parser.add_argument("--shops", type=Path, help="keep the prepared shops here, to be quick next time")
    options = parser.parse_args()
    results: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as scratch:
        for sample in options.samples:
            settings = load_sample(sample, (options.shops or Path(scratch)) / sample)
            with Store(settings.database_url) as store:
                report = build_index(store, settings)
                search = open_search(store, settings)
                found: dict[str, object] = {
                    "products": len(search.products),
                    "embedder": settings.embedder,
                    "embedded": report.embedded,
                    "index_s": round(report.seconds, 1),
                    "speed": measure_speed(search, sample),
                    "gate": measure_gate(search, sample),
                }
                if sample == "marketplace" and options.judgements:
                    found["ranking"] = measure_ranking(search, options.judgements)
                results[sample] = found
    print(json.dumps(results, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()
