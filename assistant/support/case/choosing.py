"""Which of a customer's orders and lines some words mean: by number, status, options, price.

Holds what is known of the message so far; knows the policy's rules only to tell what could be meant.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.support.case.clauses import Ask
from assistant.support.case.mentions import PENDING, STATUSES, Mention, Spot
from assistant.support.case.options import BIG, DOWN, LEAST, MOST, SMALL, UP, Wish, option_of_step, read_wish
from assistant.support.case.requests import Records, Request
from assistant.support.case.values import describes, options_of, place
from assistant.support.rules import (
    Rule,
    Verdict,
    judge_order,
    read_refund_rules,
    read_rules,
    wants_other_option,
)
from shop.store.rows import order_number
from shop.types import Order

ORDER_DIGITS = 6

LIKE_OTHER = re.compile(
    r"\bsame\b[^.;]{0,30}\b(?:as|like) (?:the|your|my) (?:one|other|\w+)\b|\b(?:that|which)(?:'s|"
    r" is) in (?:your|the|my) \w*\s?order",
    re.I,
)

_IN_ORDER = re.compile(r"\b(?:your|my|the|this|that) (?:other )?(pending|open|delivered|received)\b", re.I)

_BY_TOTAL = re.compile(
    r"\borders? (?:that|which) (?:costs?|is|was) (?:the )?"
    r"(?:(?P<more>more|most|dearer)|less|least|cheaper)\b|"
    r"\b(?:(?P<most>more expensive|most expensive|dearer)|cheaper|cheapest|less expensive) orders?\b",
    re.I,
)

CHEAPEST = re.compile(r"\b(?:cheapest|least expensive|lowest[- ]priced?)\b", re.I)

DEAREST = re.compile(r"\b(?:most expensive|dearest|priciest)\b", re.I)

DEARER = re.compile(r"\b(?:more|most) expensive\b|\bdearer\b|\bpricier\b|\bhigher[- ]priced\b", re.I)

CHEAPER = re.compile(r"\b(?:less|least) expensive\b|\bcheaper\b|\bcheapest one\b|\blower[- ]priced\b", re.I)

TARGET = re.compile(r"\b(?:to|for|into|with|by)\b(?! (?:your|the|my|this|that) order)|->|→", re.I)


class Chooser:
    """One message's orders, mentions and requests so far, and what further words mean among them."""

    def __init__(self, records: Records, mentions: Sequence[Mention]) -> None:
        self.orders, self.products, self.today = list(records.orders), records.products, records.today
        self.rules: Sequence[Rule] = read_rules(records.policies)
        self.same_allowed = not wants_other_option(records.policies)
        self.refund_rules, self.methods = read_refund_rules(records.policies), records.methods
        self.mentions = mentions
        self.requests: list[Request] = []
        self.last_sentence = -1
        self.last: list[Spot] = []  # what "it", "them" and "the more expensive one" mean
        self.pool: list[Spot] = []  # all that the last product named may be
        self.kept: list[Mention] = []  # what "everything else" leaves out
        self.asked_price = ""  # "lowest" where the cheapest one was asked about, "highest" the dearest
        self.worked, self.is_fallback = True, False
        self.latest: Ask | None = None

    def _choose(self, ask: Ask, group: Sequence[Ask]) -> list[Spot]:
        """The lines that a mention means: by number, status, described options, price, company."""
        mention = ask.mention
        assert mention is not None
        spared = set() if ask.family == "swap" else spots_of(ask.spared)
        spots = [spot for spot in mention.spots if spot not in spared]
        named = self._by_number(ask) or self._by_company_of(ask) or self._by_place(ask)
        if named:
            spots = [spot for spot in spots if spot.order in named] or spots
        for pattern, status in STATUSES:
            said = source_text(ask) if ask.family == "swap" else ask.after
            if pattern.search(f"{ask.before} {said}"):
                spots = [spot for spot in spots if spot.order.status.startswith(status)] or spots
        told = {"pending" if PENDING.search(said) else "delivered" for said in _IN_ORDER.findall(ask.text)}
        if len(told) == 1:
            spots = [spot for spot in spots if spot.order.status.startswith(tuple(told))] or spots
        action = {"cancel": "cancel", "return": "return", "address": "modify"}.get(ask.family, "")
        spots = [s for s in spots if self._could(action, s.order)] or spots
        source = ask.before if ask.family == "swap" else f"{ask.before} {ask.after}"
        if ask.family == "swap":
            source = "" if ask.implied else f"{source} {source_text(ask)}"
        spots = self._best_described(spots, source)
        if ask.family in {"return", "cancel"} and re.search(r"\b(?:those|ones?|that)\b", ask.text, re.I):
            spots = self._best_described(spots, ask.text)
        self.pool = spots
        ranked = self._pick_by_option(spots, _ranking_text(ask))
        if ranked:
            return ranked
        if mention.plural or (ask.everything and ask.family != "cancel"):
            return spots
        if ask.another:
            used = {spot for request in self.requests for spot in request.spots}
            spots = [spot for spot in spots if spot not in used] or spots
        priced = self._pick_by_price(spots, f"{ask.before} {ask.after if ask.family != 'swap' else ''}")
        return priced or self._by_company(spots, group)

    def _by_company(self, spots: Sequence[Spot], group: Sequence[Ask]) -> list[Spot]:
        """Of several lines the one whose order holds most of what is mentioned, else the latest one."""
        if len(spots) < 2:
            return list(spots)
        near = [ask.mention for ask in group if ask.mention]
        taken = {id(request.order) for request in self.requests}

        def company(spot: Spot) -> tuple[int, int, int]:
            def held(mentions: Sequence[Mention]) -> int:
                return sum(any(other.order is spot.order for other in each.spots) for each in mentions)

            return held(near), int(id(spot.order) in taken), held(self.mentions)

        best = max(company(spot) for spot in spots)
        return [spot for spot in spots if company(spot) == best][:1]

    def _best_described(self, spots: Sequence[Spot], text: str) -> list[Spot]:
        scores = [self._described(spot, text) for spot in spots]
        best = max(scores, default=0)
        return [spot for spot, score in zip(spots, scores, strict=True) if score == best]

    def _described(self, spot: Spot, text: str) -> int:
        return describes(text, spot.line.options, self.products.get(spot.line.product_id))

    def _pick_by_price(self, spots: Sequence[Spot], text: str) -> list[Spot]:
        if len(spots) < 2 or not (DEARER.search(text) or CHEAPER.search(text)):
            return []
        ranked = sorted(spots, key=lambda spot: spot.line.unit_price.amount)
        return [ranked[-1] if DEARER.search(text) else ranked[0]]

    def _everything(self, ask: Ask, action: str) -> list[Spot]:
        spared = spots_of(ask.spared)
        if re.search(r"\b(?:everything|all) else\b|\bthe (?:rest|others)\b", ask.text, re.I):
            spared |= spots_of(self.kept)
        told = self._by_number(ask) or self._by_company_of(ask) or self._by_place(ask)
        orders = [o for o in told or self.orders if self._could(action, o)] or told
        if spared and not re.search(r"\borders\b", ask.text, re.I):
            orders = [order for order in orders if any(spot.order is order for spot in spared)] or orders
        elif self.last and not re.search(r"\borders\b|\ball (?:the )?things\b", ask.text) and not told:
            orders = [order for order in orders if any(spot.order is order for spot in self.last)] or orders
        return [spot for order in orders for spot in all_of(order) if spot not in spared]

    def _orders_named(self, ask: Ask, action: str) -> list[Order]:
        """Orders by number; else all that may be, where several are meant; else the one at hand."""
        named = self._by_number(ask) or self._by_company_of(ask) or self._by_place(ask)
        if named:
            return named
        fitting = [order for order in self.orders if self._could(action, order)]
        if (match := _BY_TOTAL.search(ask.text)) and fitting:
            ranked = sorted(fitting, key=lambda order: order.total.amount)
            return [ranked[-1] if match["more"] or match["most"] else ranked[0]]
        if ask.plural_orders or (ask.everything and not self.last):
            return fitting
        at_hand = orders_of(self.last)
        here = [o for o in at_hand if o in fitting] or (fitting if len(fitting) == 1 else at_hand[:1])
        return here or self._most_spoken_of(fitting)

    def _most_spoken_of(self, orders: Sequence[Order]) -> list[Order]:
        """The one order that holds most of the products named anywhere in the message; none on a tie."""
        if len(orders) == 1:
            return list(orders)
        counts = [
            sum(any(s.order is order for s in each.spots) for each in self.mentions) for order in orders
        ]
        best = max(counts, default=0)
        found = [order for order, count in zip(orders, counts, strict=True) if count == best]
        return found if best and len(found) == 1 else []

    def _by_number(self, ask: Ask) -> list[Order]:
        """Orders whose number the words give, the letters before it or not."""
        ids = {order_number(each) for each in ask.order_ids}
        digits = {each for each in ids if each.isdigit() and len(each) >= ORDER_DIGITS}
        return [o for o in self.orders if order_number(o.id) in ids or re.sub(r"\D", "", o.id) in digits]

    def _by_company_of(self, ask: Ask) -> list[Order]:
        """Orders told by what is in them: "the order with the skateboard"."""
        return [
            order
            for order in self.orders
            if ask.within and all(any(s.order is order for s in each.spots) for each in ask.within)
        ]

    def _by_place(self, ask: Ask) -> list[Order]:
        """Orders told by the city they go to, where not all go there."""
        found = [order for order in self.orders if goes_to(order, ask.text, leaving=ask.family == "address")]
        if ask.family == "address" and not found:
            there = [order for order in self.orders if goes_to(order, ask.text, leaving=False)]
            found = [o for o in self.orders if there and o not in there and self._could("modify", o)]
            return found if len(found) == 1 else []
        if ask.family != "address" and re.search(r"\baddress\b", ask.text, re.I):
            return []  # the city is that of the address, not of the order
        return found if len(found) < len(self.orders) else []

    def _pick_by_option(self, spots: Sequence[Spot], text: str) -> list[Spot]:
        """ "The bigger of the two backpacks": of several lines the one with most or least of an option."""
        for words_, way in ((UP, 1), (DOWN, -1), (MOST, 1), (LEAST, -1), (BIG, 1), (SMALL, -1)):
            for match in re.finditer(rf"\b({words_})\b", text, re.I):
                products = {spot.line.product_id: self.products.get(spot.line.product_id) for spot in spots}
                product = next(iter(products.values()), None)
                if len(spots) < 2 or len(products) != 1 or product is None:
                    continue
                option = option_of_step(match[1].lower(), "", "", product, options_of(product))
                places = [place(product, option, s.line.options.get(option, "")) or 0.0 for s in spots]
                best = max(each * way for each in places) if option else None
                chosen = [s for s, each in zip(spots, places, strict=True) if each * way == best]
                if len(chosen) == 1:
                    return chosen
        return []

    def _wish(self, spot: Spot, text: str) -> Wish:
        product = self.products.get(spot.line.product_id)
        if product is None:
            return Wish()
        wish = read_wish(text, product, spot.line.options)
        other = self._other_one(spot, text) if LIKE_OTHER.search(text) else None
        if other is not None:
            like = dict(other.line.options)
            named = {name for name in like if re.search(rf"\b{re.escape(name)}\b", text, re.I)}
            wish.hard |= {name: {value} for name, value in like.items() if name in (named or like)}
            wish.soft += [(name, value) for name, value in like.items() if name not in wish.hard]
            wish.keep -= set(wish.hard)
        return wish

    def _says_what(self, ask: Ask) -> bool:
        """Whether a wish without a verb says what a product should be like, of a line not spoken of yet."""
        spots = ask.mention.spots if ask.mention else tuple(self.last)
        if ask.mention is None and any(request.swaps for request in self.requests):
            return False
        return any(self._wish(spot, implied_text(ask)).says_something for spot in spots)

    def _said_before(self, spots: Sequence[Spot], target: str) -> str:
        """ "It does not work with Alexa. I want one that does": what was said of it, where no more is."""
        latest = self.latest
        if latest is None or latest.mention is None or len(spots) != 1:
            return target
        spot, had = spots[0], spots[0].line.options
        if spot not in latest.mention.spots or self._wish(spot, target).says_something:
            return target
        said = self._wish(spot, latest.after)
        other = any(had.get(name) not in values for name, values in said.hard.items())
        return f"{latest.after} , {target}" if other else target

    def _other_one(self, spot: Spot, text: str) -> Spot | None:
        """The other line of the same product that is spoken of: "the one you already received"."""
        others = [s for s in self._all_spots() if s.line.product_id == spot.line.product_id and s != spot]
        for pattern, status in STATUSES:
            if pattern.search(text):
                others = [s for s in others if s.order.status.startswith(status)]
        return others[0] if others else None

    def _judge(self, action: str, order: Order) -> Verdict:
        return judge_order(self.rules, action, order, self.today)

    def _could(self, action: str, order: Order) -> bool:
        """Whether any rule would let this be done; a swap is an exchange or a change of the order."""
        actions = (action,) if action in {"cancel", "return"} else ("exchange", "modify")
        if action == "modify":
            actions = ("modify",)
        return any(self._judge(each, order).allowed is not False for each in actions)

    def _swap_action(self, order: Order) -> str:
        return "modify" if self._judge("modify", order).allowed else "exchange"

    def _all_spots(self) -> list[Spot]:
        return [spot for order in self.orders for spot in all_of(order)]


def _ranking_text(ask: Ask) -> str:
    """The words that may say which of several lines: for a swap only those right before "one"."""
    if ask.family != "swap":
        return f"{ask.before} {ask.after[:12]}"
    is_one = ask.mention is not None and ask.mention.is_one
    return "" if ask.implied and not is_one else " ".join(ask.before.split()[-1:])


def goes_to(order: Order, text: str, *, leaving: bool) -> bool:
    """Whether the words name the city this order goes to; `leaving`: as the one it should not go to."""
    city = order.ship_to.get("city", "")
    parts = city.split()
    if not parts:
        return False
    short = "".join(part[0] for part in parts).upper() if len(parts) > 1 else ""
    names = "|".join(map(re.escape, filter(None, (city, short, f"{short}C" if short else ""))))
    if not leaving:
        return bool(re.search(rf"\b(?:{names})\b", text))
    away = (
        r"(?:not(?: to)?|rather than(?: to)?|instead of(?: to)?|from|goes to|going to|went to|"
        r"(?:was|were|is|are|being) (?:being )?(?:sent|shipped) to)"
    )
    return bool(re.search(rf"\b{away} (?:your |my |the )?(?:{names})\b|\b(?:{names}) order\b", text))


def orders_of(spots: Sequence[Spot]) -> list[Order]:
    """The orders that lines belong to, each once."""
    return list({id(spot.order): spot.order for spot in spots}.values())


def all_of(order: Order) -> list[Spot]:
    """Every line of an order."""
    return [Spot.of(order, index) for index in range(len(order.lines))]


def spots_of(mentions: Sequence[Mention]) -> set[Spot]:
    """Every line that any of the mentions may mean."""
    return {spot for mention in mentions for spot in mention.spots}


def implied_text(ask: Ask) -> str:
    """The words about what is wanted where no verb says to change it."""
    return ask.after if ask.mention and ask.mention.is_one else f"{ask.before} , {ask.after}"


def target_text(ask: Ask) -> str:
    """The words about what is wanted instead: behind "to", "for", "with", else all behind the product."""
    if re.search(r"\b(?:to|for|into|with)\b[^.]{0,40}$", ask.before):
        return f"{ask.before} , {ask.after}"
    match = TARGET.search(ask.after)
    return ask.after[match.end() :] if match else ask.after


def source_text(ask: Ask) -> str:
    """The words about what they have, before what is wanted instead."""
    match = TARGET.search(ask.after)
    return ask.after[: match.start()] if match else ""
