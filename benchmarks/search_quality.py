"""Search quality on what shoppers asked (ESCI) and on topics the samples hold and do not hold.

    python benchmarks/search_quality.py --judgements ../shared/data/esci/judgements_dev.csv

Prints JSON. The ranking is what `regulars evaluate search` measures. The present/absent topics and the
requests of search_requests.csv measure the relevance gate: a present topic denied is a wrong denial, an
absent one "found" is a wrong promise.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import tempfile
import time
from pathlib import Path

from retrieval.english import FILLER
from retrieval.evaluation import evaluate_search
from retrieval.indexing import build_index, open_search
from retrieval.search import Search
from retrieval.words import words
from shop import samples
from shop.samples import load_sample
from shop.settings import load_settings
from shop.store import Store

REQUESTS = Path(__file__).with_name("search_requests.csv")
PRODUCTS = next((Path(samples.__file__).parent / "marketplace").glob("products*"))

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


def measure_ranking(file: Path) -> dict[str, object]:
    """What `regulars evaluate search` says of the marketplace sample's products and `file`."""
    return evaluate_search(PRODUCTS, file, load_settings()).as_json()


def measure_requests(search: Search, sample: str, part: str) -> dict[str, object]:
    """Requests of search_requests.csv for things that are there (found, shown as the nearest without a
    claim, or denied) and for things that are not (promised, shown as the nearest, or denied). Those of
    part "develop" were read while search was improved, those of "sealed" were not.
    """
    with REQUESTS.open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if (row["sample"], row["part"]) == (sample, part)]
    there = [row["request"] for row in rows if row["kind"] != "absent"]
    absent = [row["request"] for row in rows if row["kind"] == "absent"]
    outcomes = {text: search.search(text).outcome for text in (*there, *absent)}
    denied = [text for text in there if outcomes[text] not in ("found", "unsure")]
    promised = [text for text in absent if outcomes[text] == "found"]
    found: dict[str, object] = {
        "there": len(there),
        "unsure": sum(outcomes[text] == "unsure" for text in there),
        "denied": len(denied),
        "absent": len(absent),
        "absent_unsure": sum(outcomes[text] == "unsure" for text in absent),
        "promised": len(promised),
    }
    # Those of the sealed part stay unread, so that nobody tunes to them.
    return found | ({"denied_requests": denied, "promised_requests": promised} if part == "develop" else {})


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
                    "requests_develop": measure_requests(search, sample, "develop"),
                    "requests_sealed": measure_requests(search, sample, "sealed"),
                }
                if sample == "marketplace" and options.judgements:
                    found["ranking"] = measure_ranking(options.judgements)
                results[sample] = found
    print(json.dumps(results, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()
