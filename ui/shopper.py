"""The shop page: what it shows besides replies, and the Gradio page that carries it.

Knows the catalogue, the cart and the stored turns; who the visitor is, is decided in `ui/auth.py`.
The page itself is drawn in the browser by `static/shop.js` inside one `gr.HTML`: it talks to
`ui/api.py` over server-sent events, so that text streams as deltas and a reload loses nothing
(Gradio's own chat sends the whole text so far with every step and keeps its state per tab).
"""

from __future__ import annotations

import logging
import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any

from assistant.records import product_card
from shop.errors import NotFound, RegularsError
from shop.formats import format_count, format_money
from shop.types import Money, Product, Turn
from ui.auth import Visitor
from ui.components import load_texts, show_card, show_money

if TYPE_CHECKING:
    from assistant.chat import Assistant

log = logging.getLogger(__name__)

MAX_QUANTITY = 99
LOOKED_AT = 20_000
"""Products read to find what is worth asking; a larger catalogue's first ones will do."""
ROUND_PRICES = (1, 2, 3, 5, 8, 10, 15, 20, 25, 30, 40, 50, 75, 100, 150, 200, 300, 500, 1000)

# `location.pathname` rather than "/static": the page then also works behind a proxy's sub-path.
LOAD_PAGE = """
const base = new URL('../', location.origin + location.pathname.replace(/\\/*$/, '/'));
import(new URL('static/shop.js', base).href).then((page) => page.start(element, base));
"""


class ShopPage:
    """What the page shows around the replies of one assistant."""

    def __init__(self, assistant: Assistant) -> None:
        self.assistant = assistant
        self.settings = assistant.settings
        self.words = load_texts(self.settings.locale)
        self._starters: list[str] | None = None
        self._customers: list[dict[str, str]] | None = None

    def session(self, visitor: Visitor, *, may_pick: bool) -> dict[str, Any]:
        """Everything the page needs to draw itself for this visitor."""
        customer = self.label(visitor.customer_id) if visitor.customer_id else ""
        return {
            "shop": {
                "name": self.settings.name,
                "contact": self.settings.contact,
                "language": self.settings.locale.split("_")[0],
            },
            "words": self.words,
            "customer": {"id": visitor.customer_id, "label": customer},
            "customers": self.customers() if may_pick else [],
            "may_pick": may_pick,
            "starters": self.starters(signed_in=bool(visitor.customer_id)),
            "turns": self.history(visitor.conversation_id),
            "cart": self.cart(visitor.conversation_id),
        }

    def history(self, conversation_id: str) -> list[dict[str, Any]]:
        """The conversation so far, oldest first, as the page draws it again after a reload."""
        if not conversation_id:
            return []
        return [self._show_turn(turn) for turn in self.assistant.history(conversation_id)]

    def _show_turn(self, turn: Turn) -> dict[str, Any]:
        return {
            "turn_id": turn.id,
            "message": turn.message,
            "reply": turn.reply,
            "cards": [show_card(card, self.settings) for card in turn.cards],
            "sources": [dict(source) for source in turn.sources],
            "options": list(turn.quick_replies),
            "handoff": {"contact": self.settings.contact} if "handoff" in turn.acts else None,
            "vote": turn.vote,
        }

    def cart(self, conversation_id: str) -> dict[str, Any]:
        """The cart's lines, how many things it holds, and the total of those that have a price."""
        held = self.assistant.store.cart(conversation_id) if conversation_id else {}
        products = self.assistant.store.products_by_id(list(held)) if held else {}
        lines, totals = [], defaultdict[str, Decimal](Decimal)
        for product_id, quantity in held.items():
            product = products.get(product_id)
            if product is None:
                continue
            price = product.price
            if price is not None:
                totals[price.currency] += price.amount * quantity
            lines.append(
                show_card(product_card(product), self.settings)
                | {
                    "quantity": quantity,
                    "sum": show_money(price * quantity if price else None, self.settings),
                }
            )
        amounts = [Money(amount, currency) for currency, amount in totals.items()]
        return {
            "lines": lines,
            "count": sum(line["quantity"] for line in lines),
            "total": " + ".join(show_money(amount, self.settings) for amount in amounts),
            "unpriced": sum(1 for line in lines if not line["price"]),
        }

    def put_in_cart(self, conversation_id: str, product_id: str, quantity: int) -> dict[str, Any]:
        """Set how many of a product the cart holds (0 takes it out) and return the cart."""
        product = self.assistant.store.product(product_id)
        held = dict(self.assistant.store.cart(conversation_id))
        if product is None and product_id not in held:
            raise NotFound("this product is no longer in the shop; ask for another one")
        if quantity > 0 and product is not None and product.in_stock is False and product_id not in held:
            raise NotFound(f"{product.title} is out of stock; ask for something like it")
        held.pop(product_id, None) if quantity <= 0 else held.update({product_id: quantity})
        self.assistant.store.put_cart(conversation_id, held)
        return self.cart(conversation_id)

    def customers(self) -> list[dict[str, str]]:
        """A few customers for the demo's picker, from the one with most orders to one with fewest."""
        if self._customers is None:
            stats = self.assistant.store.order_stats()
            stats.sort(key=lambda each: (-each.orders, each.customer_id))
            last = len(stats) - 1
            wanted = {0, last // 50, last // 10, last // 3, last}
            ids = [stats[place].customer_id for place in sorted(wanted) if 0 <= place <= last]
            self._customers = [{"id": each, "label": self.label(each)} for each in ids]
        return self._customers

    def label(self, customer_id: str) -> str:
        """'Customer 17850 · 34 orders · United Kingdom': who a sample customer is."""
        customer = self.assistant.store.customer(customer_id)
        if customer is None:
            return customer_id
        orders = len(self.assistant.store.orders_of(customer_id))
        words = self.words["one_order" if orders == 1 else "orders"]
        count = words.format(count=format_count(orders, self.settings.locale))
        name = customer.name or self.words["customer"].format(id=customer.id)
        return " · ".join(part for part in (name, count, customer.country) if part)

    def starters(self, *, signed_in: bool) -> list[str]:
        """Things worth asking this shop. Each was tried: none leads to "we don't have that"."""
        if self._starters is None:
            self._starters = self._find_starters()
        personal = [self.words["start_suits"], self.words["start_order"]] if signed_in else []
        general = [] if signed_in else [self.words["start_popular"]]
        return (personal + self._starters[:2] + general + self._starters[2:])[:4]

    def _find_starters(self) -> list[str]:
        shelves: dict[str, list[Product]] = defaultdict(list)
        for product in islice(self.assistant.search.products.values(), LOOKED_AT):
            if product.category:
                shelves[product.category].append(product)
        largest = sorted(shelves, key=lambda name: (-len(shelves[name]), name))[:12]
        found: list[str] = []
        for name in largest:
            text = self._starter(len(found), name, shelves[name])
            if text and self._is_answered(text):
                found.append(text)
            if len(found) == 3:
                break
        return found

    def _starter(self, place: int, name: str, shelf: Sequence[Product]) -> str:
        """One question about a category: by price, by colour, then the cheapest."""
        prices = [product.price for product in shelf if product.price]
        noun = name if name.isupper() else name[0].lower() + name[1:]
        if place == 0 and prices:
            middle = statistics.median(price.amount for price in prices)
            top = next((each for each in ROUND_PRICES if each >= middle), ROUND_PRICES[-1])
            price = format_money(Money(Decimal(top), prices[0].currency), self.settings.locale)
            return self.words["start_under"].format(name=name, price=price.removesuffix(".00"))
        if place == 1:
            colours = sorted(product.colour.lower() for product in shelf if product.colour.isalpha())
            if not colours:
                return ""
            colour = max(colours, key=colours.count)
            return self.words["start_colour"].format(colour=colour, name=noun)
        return self.words["start_cheapest"].format(name=noun) if prices else ""

    def _is_answered(self, text: str) -> bool:
        try:
            return self.assistant.search.search(text).outcome == "found"
        except RegularsError as error:
            log.warning("starter not tried: %s", error)
            return False


def build(assistant: Assistant) -> Any:
    """The Gradio page at /shop."""
    import gradio as gr

    words = load_texts(assistant.settings.locale)
    with gr.Blocks(
        title=f"{assistant.settings.name} · {words['assistant']}", analytics_enabled=False
    ) as page:
        gr.HTML(
            value={"loading": words["loading"]},
            html_template='<div class="rg-app"><p class="rg-loading">{{value.loading}}</p></div>',
            js_on_load=LOAD_PAGE,
            apply_default_css=False,
            elem_id="regulars-shop",
        )
    return page


def kept_cart(before: Mapping[str, int], was: Visitor, now: str) -> Mapping[str, int]:
    """The cart after a change of identity: a guest who signs in keeps it, another customer's stays theirs."""
    return before if was.customer_id in ("", now) else {}
