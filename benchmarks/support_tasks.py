"""Messages to the support desk of our own making, and what a perfect agent would do about each.

python -m benchmarks.support_tasks DATA     writes answers/desk_taught.json and answers/desk_sealed.json

The customers were drawn by chance (seed 20261128) from tau2-bench's retail database, leaving out all
whom its training tasks speak of; the words (answers/desk_words.jsonl) were written by hand, each batch
before the desk had read any of it. The desk was then taught what it had missed of a batch, but for the
ones marked `sealed`: nothing was changed for what it misses of those.

What must come of them is worked out here from the database alone, by code that shares nothing with
the desk: an item is named by its title and values, a replacement by the values it must have. DATA is
the folder with users.json.gz, orders.json.gz and products.json.gz. The form is tau2-bench's, which
`regulars evaluate support --tasks` reads.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ANSWERS = Path(__file__).parent / "answers"
MAKES = {
    ("swap", "delivered"): "exchange_delivered_order_items",
    ("swap", "pending"): "modify_pending_order_items",
    ("return", "delivered"): "return_delivered_order_items",
    ("cancel", "pending"): "cancel_pending_order",
    ("address", "pending"): "modify_pending_order_address",
}
KNOWN = {
    "name": "You are {first} {last} in zip code {zip}.",
    "mail": "Your name is {first} {last} and your email is {email}.",
    "both": "You are {first} {last} ({email}), living in {city} {zip}.",
}


class Shop:
    """The database, and actions made from it. Every assumption that does not hold stops the run."""

    def __init__(self, folder: Path) -> None:
        self.users, self.orders, self.products = (
            json.loads(gzip.decompress((folder / f"{name}.json.gz").read_bytes()))
            for name in ("users", "orders", "products")
        )

    def action(self, kind: str, order_id: str, wanted: Any = None) -> dict[str, Any]:
        """One action of a tau2-bench task."""
        order = self.orders[order_id]
        given: dict[str, Any] = {"order_id": order_id}
        if kind == "swap":
            pairs = [self._pair(order, which, want) for which, want in wanted.items()]
            given |= {"item_ids": [old for old, _ in pairs], "new_item_ids": [new for _, new in pairs]}
        elif kind == "return":
            items = [self._item(order, which) for which in wanted] if wanted else order["items"]
            given["item_ids"] = [item["item_id"] for item in items]
        return {"name": MAKES[kind, order["status"]], "arguments": given}

    def _item(self, order: Any, which: str) -> Any:
        title, _, values = which.partition(": ")
        found = [
            item for item in order["items"]
            if item["name"] == title and (not values or values in item["options"].values())
        ]  # fmt: skip
        assert len(found) == 1, (order["order_id"], which)
        return found[0]

    def _pair(self, order: Any, which: str, want: dict[str, str]) -> tuple[str, str]:
        """The line and its replacement: what is wanted, else as little changed as can be."""
        item = self._item(order, which)
        price = want.get("price", "")
        values = {name: value for name, value in want.items() if name != "price"}
        fitting = [
            each for each in self.products[item["product_id"]]["variants"].values()
            if each["available"] and each["item_id"] != item["item_id"]
            and all(each["options"][name] == value for name, value in values.items())
        ]  # fmt: skip
        assert fitting, (order["order_id"], which, want)

        def rank(each: Any) -> float:
            if price:
                return each["price"] if price == "lowest" else -each["price"]
            return sum(each["options"][n] != v for n, v in item["options"].items())

        best = min(map(rank, fitting))
        chosen = [each for each in fitting if rank(each) == best]
        assert len(chosen) == 1, (order["order_id"], which, want, chosen)
        return item["item_id"], chosen[0]["item_id"]


def task(shop: Shop, number: int, row: Mapping[str, Any]) -> dict[str, Any]:
    """One task as tau2-bench writes it."""
    user = shop.users[row["customer"]]
    home = user["address"]
    told = KNOWN[row["known"]].format(
        first=user["name"]["first_name"],
        last=user["name"]["last_name"],
        email=user["email"],
        city=home["city"],
        zip=home["zip"],
    )
    for _, order_id, *_ in row["acts"]:
        assert shop.orders[order_id]["user_id"] == row["customer"], order_id
    found = {"name": "find_user_id_by_email", "arguments": {"email": user["email"]}}
    return {
        "id": f"own-{number:02}",
        "user_scenario": {"instructions": {"known_info": told, "reason_for_call": row["words"]}},
        "evaluation_criteria": {"actions": [found, *(shop.action(*act) for act in row["acts"])]},
    }


def main(folder: Path) -> None:
    """Write both files."""
    shop = Shop(folder)
    rows = [json.loads(line) for line in (ANSWERS / "desk_words.jsonl").read_text("utf-8").splitlines()]
    parts: dict[str, list[Any]] = {"sealed": [], "taught": []}
    for number, row in enumerate(rows, 1):
        parts["sealed" if row.get("sealed") else "taught"].append(task(shop, number, row))
    for name, part in parts.items():
        text = json.dumps(part, indent=1, ensure_ascii=False)
        (ANSWERS / f"desk_{name}.json").write_text(text + "\n", encoding="utf-8")
        print(f"{len(part)} tasks in desk_{name}.json")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
