"""Whether reasons are true: each is counted again from the shop's raw database, figure by figure.

Shares no code with the recommender: SQLite, plain Python, and the wording of `retrieval/recommend/base.py`
about what each reason claims. Gets recommendations as JSON (`regulars recommend --json`) and answers with
the reasons that are not true.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

LATELY_DAYS = 30
"""What a "popular" with days and a "new" claim to have looked at."""


def words_of(text: str) -> set[str]:
    """Words, lower case, without a plural's s."""
    return {word.rstrip("s") for word in re.findall(r"[a-z]+", text.lower().replace("'", ""))}


class RawShop:
    """The tables of a shop's SQLite file up to one day, as dictionaries."""

    def __init__(self, file: Path, today: date) -> None:
        self.today = today
        with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as database:
            self.products = {
                id_: json.loads(text) for id_, text in database.execute("SELECT id, document FROM products")
            }
            self.titles: dict[str, list[str]] = defaultdict(list)
            for id_, title in database.execute("SELECT id, title FROM products"):
                self.products[id_]["title"] = title
                self.titles[title].append(id_)
            self.country = {
                id_: json.loads(text).get("country", "")
                for id_, text in database.execute("SELECT id, document FROM customers")
            }
            lines = database.execute(
                "SELECT o.customer_id, l.product_id, substr(o.placed_at, 1, 10), o.country "
                "FROM order_lines l JOIN orders o ON o.id = l.order_id "
                "WHERE lower(o.status) NOT LIKE 'cancel%' "
                "AND (o.placed_at IS NULL OR date(o.placed_at) <= ?)",
                (today.isoformat(),),
            ).fetchall()
            self.views: dict[tuple[str, str], set[str]] = defaultdict(set)
            for customer, text, at in database.execute(
                "SELECT customer_id, properties, substr(at, 1, 10) FROM events "
                "WHERE name IN ('Product Viewed', 'Product Added')"
            ):
                self.views[customer, json.loads(text)["product_id"]].add(at)
            self.liked = {
                (customer, value): at
                for customer, value, at in database.execute(
                    "SELECT customer_id, value, substr(at, 1, 10) FROM memories WHERE kind = 'likes'"
                )
            }
        self.buyers: dict[str, set[str]] = defaultdict(set)
        self.bought: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        self.lately: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        self.ever: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        self.first: dict[str, str] = {}
        since = (today - timedelta(days=LATELY_DAYS)).isoformat()
        for customer, product, day, country in lines:
            if day:
                self.first[product] = min(day, self.first.get(product, day))
            if not customer:
                continue
            self.buyers[product].add(customer)
            self.bought[customer][product].add(day)
            self.ever[product][""].add(customer)
            self.ever[product][country].add(customer)
            if day and day > since:
                self.lately[product][""].add(customer)
                self.lately[product][country].add(customer)

    def last_bought(self, customer: str, product: str) -> str:
        """ISO date, '' for never."""
        return max(self.bought[customer].get(product, {""}))


def is_true(shop: RawShop, customer: str, product: str, code: str, given: Mapping[str, Any]) -> bool:
    """Whether a reason says nothing but what the tables say."""
    buyers, own, page = shop.buyers[product], shop.bought[customer], shop.products[product]
    named = shop.titles.get(str(given.get("title", "")), [])
    match code:
        case "bought_together":
            return any(len(buyers & shop.buyers[other]) == given["customers"] for other in named)
        case "because_bought":
            return any(
                shop.last_bought(customer, other) == given["date"] != ""
                and len(buyers & shop.buyers[other]) == given["customers"]
                for other in named
            )
        case "because_viewed":
            return any(
                max(shop.views[customer, other], default="") == given["date"] != ""
                and other not in own
                and len(buyers & shop.buyers[other]) == given["customers"]
                for other in named
            )
        case "customers_like_you":
            return _count_alike(shop, customer, product, given["shared"]) == given["customers"]
        case "said_like":
            stated = [page["title"], page.get("colour", ""), *page.get("bullets", ())]
            text = " ".join([*stated, *page.get("categories", ()), *page.get("attributes", {}).values()])
            return shop.liked.get((customer, given["words"])) == given["date"] and words_of(
                given["words"]
            ) <= words_of(text)
        case "due_again" | "bought_before":
            return product in named and _is_habit(own.get(product, set()), given)
        case "new" | "new_in_category":
            return _is_new(shop, own, product, given)
        case "similar":
            return any(_shares(page, shop.products[other], given) for other in named)
        case "popular":
            return _count_popular(shop, customer, product, given) == given["customers"]
        case "well_rated":
            rating = page.get("rating") or [0, 0]
            return f"{rating[0]:g}" == given["rating"] and rating[1] == given["count"]
        case "matches_request" | "pinned":
            return not given
    return False


def _count_popular(shop: RawShop, customer: str, product: str, given: Mapping[str, Any]) -> int:
    country = given["country"]
    if country not in ("", shop.country.get(customer, country)) or given["days"] not in (0, LATELY_DAYS):
        return -1
    return len((shop.lately if given["days"] else shop.ever)[product][country])


def _is_new(shop: RawShop, own: Mapping[str, set[str]], product: str, given: Mapping[str, Any]) -> bool:
    shelves = {id_: (page.get("categories") or [""])[-1] for id_, page in shop.products.items()}
    followed = "category" not in given or (
        shelves[product] == given["category"]
        and sum(shelves.get(other) == given["category"] for other in own) == given["products"]
    )
    return (
        followed
        and shop.first[product] == given["date"]
        and date.fromisoformat(given["date"]) > shop.today - timedelta(days=LATELY_DAYS)
    )


def _is_habit(bought: set[str], given: Mapping[str, Any]) -> bool:
    days = sorted(date.fromisoformat(day) for day in bought if day)
    if "times" in given:
        return len(days) == (given["times"] or 1) and days[-1].isoformat() == given["date"]
    gaps = [(after - before).days for before, after in pairwise(days)]
    return bool(gaps) and int(median(gaps)) == given["every_days"] and days[-1].isoformat() == given["date"]


def _count_alike(shop: RawShop, customer: str, product: str, shared: int) -> int:
    mine = set(shop.bought[customer])
    like = [
        who for who, theirs in shop.bought.items() if who != customer and len(mine & set(theirs)) >= shared
    ]
    return sum(product in shop.bought[who] for who in like) if shared >= 3 else -1


def _shares(page: Mapping[str, Any], other: Mapping[str, Any], given: Mapping[str, Any]) -> bool:
    claims = {name: value for name, value in given.items() if name != "title"}
    name = claims.pop("name", "")
    if not words_of(name) <= words_of(page["title"]) & words_of(other["title"]):
        return False
    for claim, value in claims.items():
        values = [
            (each.get("categories") or [""])[-1] if claim == "category" else each.get(claim, "")
            for each in (page, other)
        ]
        if [each.casefold() for each in values] != [value.casefold()] * 2:
            return False
    return bool(name or claims)


def untrue(shop: RawShop, customer: str, recommendations: list[dict[str, Any]]) -> Iterator[str]:
    """One line for each reason that the tables do not bear out, and for each product without a reason."""
    for one in recommendations:
        if not one["reasons"]:
            yield f"{customer}: {one['id']} has no reason"
        for reason in one["reasons"]:
            if not is_true(shop, customer, one["id"], reason["code"], reason["evidence"]):
                yield f"{customer}: {one['id']} {reason['code']} {dict(reason['evidence'])}"
