"""From a customer's words to what can be done: whom, which lines, whether allowed, for what instead.

Resolves each `Ask` against one customer's orders, holds it against the policy's rules and looks for
replacements in the catalogue, taking up "if that is not possible" only where it is not. Changes
nothing in the shop: the outcome is a reading for an agent, who decides.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from assistant.support.case.clauses import Ask, read_asks
from assistant.support.case.mentions import Mention, Spot, find_mentions
from assistant.support.case.options import Wish, describes, read_wish, values_named
from assistant.support.case.replacement import Replacement, find_replacement, price_difference
from assistant.support.rules import (
    RefundRule,
    Rule,
    Verdict,
    judge_order,
    judge_refund,
    read_refund_rules,
    read_rules,
    wants_other_option,
)
from insight.features import sum_money
from retrieval.words import stems
from shop.store.rows import order_number
from shop.types import Money, Order, PolicyPassage, Product

ORDER_DIGITS = 6
LIKE_OTHER = re.compile(
    r"\bsame\b[^.;]{0,30}\b(?:as|like) (?:the|your|my) (?:one|other|\w+)\b|\b(?:that|which)(?:'s| is) in (?:your|the|my) \w*\s?order",
    re.I,
)
PENDING = re.compile(
    r"\bpending\b|just (?:ordered|placed)|not (?:yet )?(?:been )?(?:shipped|delivered|received)", re.I
)
RECEIVED = re.compile(r"\b(?:received|delivered|arrived|got delivered)\b", re.I)
DEARER = re.compile(r"\b(?:more|most) expensive\b|\bdearer\b|\bpricier\b|\bhigher[- ]priced\b", re.I)
CHEAPER = re.compile(r"\b(?:less|least) expensive\b|\bcheaper\b|\bcheapest one\b|\blower[- ]priced\b", re.I)
REFUND_TO = re.compile(
    r"\brefund(?:ed)?\b[^.;]{0,40}?\bto (?:(?:the|your|my|a|an) )*((?:other|original|(?:\w+ )?credit|gift|paypal|visa|mastercard|amex|gc)\b[^.;,]{0,24})",
    re.I,
)
METHODS = (
    (r"^other", "other"),
    (r"original", "original"),
    (r"gift|\bgc\b", "gift card"),
    (r"paypal", "PayPal"),
    (r"credit|visa|master|amex|card", "credit card"),
)
MOST_MONEY = re.compile(r"\b(?:saves?|gets?|gives?)\b[^.]{0,20}\bmost money\b", re.I)
TARGET = re.compile(r"\b(?:to|for|into|with)\b(?! (?:your|the|my|this|that) order)|->|→", re.I)


@dataclass(slots=True)
class Request:
    """One thing the customer asks for, resolved.

    `action` is "cancel", "return", "exchange", "modify" or "address". `spots` are the lines meant
    (all of the order's for cancelling). For an exchange, `replacements` holds what was found per
    line; `wishes` what is wanted of it. `partial`: only some lines of an order were to be cancelled.
    `gives_way`: another request on this order is done instead, after which this one is not allowed.
    `refund_to` is where the money was asked to go, `refund_allowed` what the policy says to that.
    """

    asked: str
    action: str
    order: Order
    spots: list[Spot]
    verdict: Verdict
    wishes: dict[Spot, list[Wish]] = field(default_factory=dict)
    replacements: dict[Spot, Replacement | None] = field(default_factory=dict)
    partial: bool = False
    gives_way: bool = False
    sentence: int = 0
    refund_to: str = ""
    refund_allowed: bool | None = None
    refund_rule: RefundRule | None = None

    @property
    def possible(self) -> bool:
        """Allowed by the policy, and every replacement asked for exists."""
        found = all(self.replacements.get(spot) for spot in self.spots) if self.swaps else True
        allowed = self.verdict.allowed is True and self.refund_allowed is not False
        return allowed and found and not self.partial and not self.gives_way

    @property
    def swaps(self) -> bool:
        """Whether lines are to be exchanged for other variants."""
        return self.action in {"exchange", "modify"}

    @property
    def difference(self) -> Money | None:
        """What the customer pays on top for the replacements; negative: gets back."""
        pairs = [(spot.line, found.variant) for spot, found in self.replacements.items() if found]
        return price_difference(pairs) if pairs else None

    @property
    def money_back(self) -> Decimal:
        """What the customer gets back by this, in the order's currency; below zero they pay."""
        back = self.refund
        if back is not None:
            return back.amount
        return -self.difference.amount if self.difference else Decimal(0)

    @property
    def refund(self) -> Money | None:
        """What the lines cost: to be paid back when they are returned or the order is cancelled."""
        if self.action not in {"cancel", "return"}:
            return None
        return sum_money(spot.line.unit_price * spot.line.quantity for spot in self.spots)


@dataclass(frozen=True, slots=True)
class Records:
    """What a message is read against: one customer's orders and payment methods, catalogue, policy, date."""

    orders: Sequence[Order]
    methods: Sequence[str]
    products: Mapping[str, Product]
    policies: Sequence[PolicyPassage]
    today: date


def read_requests(text: str, records: Records) -> list[Request]:
    """What `text` asks to be done with these orders of one customer, in order; fallbacks resolved."""
    mentions = find_mentions(text, records.orders, records.products)
    return _Reader(records, mentions).read(read_asks(text, mentions))


class _Reader:
    """One message being resolved."""

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
        self.worked, self.is_fallback = True, False
        self.latest: Ask | None = None

    def read(self, asks: Sequence[Ask]) -> list[Request]:
        """Every request that stands at the end."""
        for index, ask in enumerate(asks):
            group = [each for each in asks if each.sentence == ask.sentence]
            self._take(ask, group)
            self.latest = ask
            follows = index + 1 < len(asks) and asks[index + 1].text == ask.text
            if not follows:
                self._settle()
        self._resolve_conflicts(any(MOST_MONEY.search(ask.text) for ask in asks))
        return self.requests

    def _resolve_conflicts(self, by_money: bool) -> None:
        """Cancelling, returning and exchanging each change the order's status: only one can be done.

        The one asked for first, or the one that brings most money back where that is what they want.
        """
        for order in _orders_of([spot for request in self.requests for spot in request.spots]):
            rivals = [r for r in self.requests if r.order is order and r.possible and r.action != "address"]
            if by_money:
                rivals.sort(key=lambda request: -request.money_back)
            for request in rivals[1:]:
                request.gives_way = True

    # -- one ask ---------------------------------------------------------------------------------

    def _take(self, ask: Ask, group: Sequence[Ask]) -> None:
        if (
            ask.condition == "failed"
            and ask.family in {"", "look"}
            and re.search(r"\b(?:exact|same|identical)\b", ask.if_text)
        ):
            self._demand_exact()
        if ask.condition == "never" or (ask.condition == "failed" and self.worked and self.requests):
            return
        if ask.condition == "worked" and not self.worked and ask.family not in {"", "look"}:
            return
        self.is_fallback = ask.condition == "failed"
        if ask.spared and re.match(
            r"\W*(?:\w+, )?(?:everything |all )?(?:except|but not|apart|besides|other than)\b", ask.text, re.I
        ):
            self._spare(ask.spared)
        if ask.regret:
            self._drop_latest()
            return
        changes = re.search(r"change your mind|changed? (?:my|his|her) mind", ask.text, re.I)
        if changes and ask.family not in {"", "look"} and not ask.only:
            self._drop_latest()
        if ask.condition == "which":
            self._narrow(ask)
            return
        handle = {
            "cancel": self._cancel,
            "return": self._return,
            "swap": self._swap,
            "address": self._address,
        }.get(ask.family)
        if handle is None:
            self._describe(ask, group)
            return
        handle(ask, group)
        self._refund_to(ask)

    def _refund_to(self, ask: Ask) -> None:
        """Where the money is to go, for what was just asked to be returned or cancelled."""
        match = REFUND_TO.search(ask.text)
        if match is None or not self.requests:
            return
        said = match[1].lower()
        wanted = next((kind for pattern, kind in METHODS if re.search(pattern, said)), "")
        latest = max(request.sentence for request in self.requests)
        for request in self.requests:
            if request.sentence == latest and request.action in {"cancel", "return"}:
                request.refund_to = wanted
                judged = judge_refund(self.refund_rules, request.action, request.order, self.methods, wanted)
                request.refund_allowed, request.refund_rule = judged

    def _describe(self, ask: Ask, group: Sequence[Ask]) -> None:
        """More about something already asked for, or merely a product to remember."""
        self._refund_to(ask)
        if ask.mention is not None:
            known = [r for r in self.requests if any(spot in ask.mention.spots for spot in r.spots)]
            if ask.family == "" and known and known[-1].swaps:
                mine = [spot for spot in known[-1].spots if spot in ask.mention.spots]
                self._wish_more(known[-1], mine, f"{ask.before} , {ask.after}", ask)
            if re.match(r"\W*(?:it's|it is|that's|these are|they are) (?:just|only)\b", ask.text, re.I):
                self._mean_only({spot for each in group if each.mention for spot in each.mention.spots})
                return
            if ask.mention.spots:
                self._remember(self._choose(ask, [ask]) or list(ask.mention.spots), ask)
            return
        swaps = [request for request in self.requests if request.swaps]
        if swaps and (ask.after or ask.text):
            request = swaps[-1]
            spots = [spot for spot in self.last if spot in request.spots] or request.spots
            self._wish_more(request, spots, ask.after or ask.text, ask)

    def _mean_only(self, spots: set[Spot]) -> None:
        """ "… everything for gaming. It's just the keyboard and the mouse": what was meant by everything."""
        latest = max((request.sentence for request in self.requests), default=-1)
        for request in self.requests:
            if request.sentence == latest:
                request.spots = [spot for spot in request.spots if spot in spots]
        self.requests = [request for request in self.requests if request.spots]

    def _spare(self, mentions: Sequence[Mention]) -> None:
        """ "… well, except the boots": takes them out of what was asked before."""
        for request in self.requests:
            request.spots = [spot for spot in request.spots if spot not in _spots_of(mentions)]
        self.requests = [request for request in self.requests if request.spots]

    def _remember(self, spots: Sequence[Spot], ask: Ask) -> None:
        """What "it" and "them" mean from here on: all that this sentence named."""
        if spots:
            earlier = self.last if self.last_sentence == ask.sentence and ask.mention else []
            self.last = [*(spot for spot in earlier if spot not in spots), *spots]
            self.last_sentence = ask.sentence

    def _wish_more(self, request: Request, spots: Sequence[Spot], text: str, ask: Ask) -> None:
        """Add to what is wanted, or append it as second best where it stands under "if not"."""
        for spot in spots:
            product = self.products.get(spot.line.product_id)
            if product is None:
                continue
            wish = read_wish(text, product, spot.line.options)
            if not wish.says_something and not (wish.free or wish.keep or wish.all_free or wish.all_kept):
                continue
            known = request.wishes.setdefault(spot, [Wish()])
            if ask.condition == "failed":
                known.append(_replaced(known[-1], wish))
            else:
                known[-1] = _merged(known[-1], wish)
        self._search(request)

    def _drop_latest(self) -> None:
        if self.requests:
            number = self.requests[-1].sentence
            self.requests = [request for request in self.requests if request.sentence != number]

    def _keep_only(self, family: str, spots: Sequence[Spot]) -> None:
        """ "Only exchange the lamp": nothing else of what was to be exchanged."""
        for request in self.requests:
            if request.action == family or (family == "swap" and request.swaps):
                request.spots = [spot for spot in request.spots if spot in spots]
                request.replacements = {s: found for s, found in request.replacements.items() if s in spots}
        self.requests = [request for request in self.requests if request.spots]

    def _demand_exact(self) -> None:
        """ "If no exact item is available …": what was asked for so far was meant with all else the same."""
        swaps = [request for request in self.requests if request.swaps]
        for wishes in swaps[-1].wishes.values() if swaps else ():
            wishes[-1].all_kept = True
        if swaps:
            self._search(swaps[-1])
            self._settle()

    def _narrow(self, ask: Ask) -> None:
        """ "If they ask which laptop, it is the 15-inch one" or "… it is both"."""
        if not self.requests:
            return
        text = ask.after or ask.text
        request = self.requests[-1]
        asked = {
            spot.line.title
            for mention in self.mentions
            if ask.if_text and _within(mention, ask)
            for spot in mention.spots
        }
        titles = {spot.line.title for spot in request.spots} & asked or {
            spot.line.title for spot in self.last
        }
        old = [spot for spot in request.spots if spot.line.title in titles]
        status = request.order.status
        candidates = [s for s in self._all_spots() if s.line.title in titles and s.order.status == status]
        wishes = next((request.wishes[spot] for spot in old if spot in request.wishes), [])
        many = re.search(r"\b(?:two|both|all|three)\b", ask.text)
        best = candidates if many else self._best_described(candidates, text)[:1]
        if not best or not old:
            return
        request.spots = [spot for spot in request.spots if spot not in old or spot in best]
        request.wishes = {spot: known for spot, known in request.wishes.items() if spot in request.spots}
        self.requests = [each for each in self.requests if each.spots]
        for order in _orders_of(best):
            mine = [spot for spot in best if spot.order is order and spot not in request.spots]
            if mine:
                self._add(
                    request.asked, request.action, mine, request.sentence, {spot: wishes for spot in mine}
                )

    # -- families --------------------------------------------------------------------------------

    def _cancel(self, ask: Ask, group: Sequence[Ask]) -> None:
        if ask.mention is not None:
            spots = self._choose(ask, group)
            whole = re.search(r"\border\b", ask.before, re.I) and not ask.partial
            for order in _orders_of(spots):
                mine = [spot for spot in spots if spot.order is order]
                partial = len(mine) < len(order.lines) and not whole
                self._add(
                    "cancel", "cancel", mine if partial else _all_of(order), ask.sentence, partial=partial
                )
            self._remember(spots, ask)
            return
        if ask.partial and re.search(r"\b(?:it|items?|one|them)\b", ask.after):
            for spot in self.last or [s for o in self._orders_named(ask, "cancel") for s in _all_of(o)[:1]]:
                self._add("cancel", "cancel", [spot], ask.sentence, partial=len(spot.order.lines) > 1)
            return
        for order in self._orders_named(ask, "cancel"):
            self._add("cancel", "cancel", _all_of(order), ask.sentence)

    def _return(self, ask: Ask, group: Sequence[Ask]) -> None:
        if ask.mention is not None:
            spots = self._choose(ask, group)
        elif ask.everything or ask.spared:
            spots = self._everything(ask, "return")
        elif ask.order_ids and not re.search(r"\b(?:it|them|one|both)\b", ask.after):
            spots = [spot for order in self._orders_named(ask, "return") for spot in _all_of(order)]
        else:
            spots = self._pick_by_price(self.pool, ask.after) or self.last
        if ask.only:
            self._keep_only("return", spots)
        for order in _orders_of(spots):
            self._add("return", "return", [spot for spot in spots if spot.order is order], ask.sentence)
        self._remember(spots, ask)

    def _swap(self, ask: Ask, group: Sequence[Ask]) -> None:
        if ask.if_text and re.search(r"\bcheaper\b", ask.if_text):
            ask.after += f", {ask.if_text}"
        if ask.mention is not None and self._is_target_of_last(ask):
            request = next((r for r in reversed(self.requests) if r.swaps), None)
            if request is not None:
                spots = [spot for spot in self.last if spot in request.spots] or request.spots
                self._wish_more(request, spots, f"{ask.before} , {ask.after}", ask)
                return
        if ask.mention is not None:
            spots = self._choose(ask, group)
            if not ask.mention.spots:
                return
            target = _target_text(ask)
        else:
            spots, target = self._unnamed_swap(ask)
        if ask.only:
            self._keep_only("swap", spots)
        for order in _orders_of(spots):
            mine = [spot for spot in spots if spot.order is order]
            wishes = {spot: [self._wish(spot, target)] for spot in mine}
            self._add("exchange", self._swap_action(order), mine, ask.sentence, wishes)
        self._remember(spots, ask)

    def _unnamed_swap(self, ask: Ask) -> tuple[list[Spot], str]:
        """ "Exchange it for …", "change all items to the cheapest", "change my pending item to red"."""
        match = TARGET.search(ask.after)
        target = ask.after[match.end() :] if match else ask.after
        meant = re.split(
            r"\bto (?:your|the|my|this) order", ask.after[: match.start()] if match else ask.after
        )[0]
        if ask.everything:
            return self._everything(ask, "modify"), target
        if self.last and not re.search(r"\b(?:items?|orders?|pending)\b", meant):
            return self.last, target
        orders = [
            o for o in self._orders_named(ask, "modify") if o.status.lower() in {"pending", "delivered"}
        ]
        fitting = [
            spot
            for order in orders
            for spot in _all_of(order)
            if (product := self.products.get(spot.line.product_id)) and values_named(target, [product])
        ]
        return fitting or (self.last if not self._by_number(ask) else []), target

    def _address(self, ask: Ask, group: Sequence[Ask]) -> None:
        place = re.split(r"\bto\b", ask.after, maxsplit=1)[0]
        if ask.mention is not None:
            orders = _orders_of(self._choose(ask, group))
        elif re.search(r"\b(?:default|profile|user|account)\b[^.]*\baddress", place, re.I) and not re.search(
            r"\border", place, re.I
        ):
            return
        elif re.search(r"\b(?:another|other|wrong) order\b", ask.text, re.I):
            there = _orders_of(self.last)
            orders = self._most_spoken_of(
                [o for o in self.orders if o not in there and self._could("modify", o)]
            )
        elif ask.plural_orders:
            orders = [order for order in self.orders if self._judge("modify", order).allowed]
        else:
            orders = self._orders_named(ask, "modify")
        for order in orders:
            self._add("address", "address", _all_of(order), ask.sentence)

    # -- which lines -----------------------------------------------------------------------------

    def _choose(self, ask: Ask, group: Sequence[Ask]) -> list[Spot]:
        """The lines that a mention means: by number, status, described options, price, company."""
        mention = ask.mention
        assert mention is not None
        spared = set() if ask.family == "swap" else _spots_of(ask.spared)
        spots = [spot for spot in mention.spots if spot not in spared]
        named = self._by_number(ask)
        if named:
            spots = [spot for spot in spots if spot.order in named] or spots
        for pattern, status in ((PENDING, "pending"), (RECEIVED, "delivered")):
            said = _source_text(ask) if ask.family == "swap" else ask.after
            if pattern.search(f"{ask.before} {said}"):
                spots = [spot for spot in spots if spot.order.status.startswith(status)] or spots
        action = {"cancel": "cancel", "return": "return", "address": "modify"}.get(ask.family, "")
        spots = [s for s in spots if self._could(action, s.order)] or spots
        source = ask.before if ask.family == "swap" else f"{ask.before} {ask.after}"
        if ask.family == "swap":
            source += " " + _source_text(ask)
        spots = self._best_described(spots, source)
        self.pool = spots
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
        spared = _spots_of(ask.spared)
        orders = (
            self._orders_named(ask, action)
            if ask.order_ids
            else [o for o in self.orders if self._could(action, o)]
        )
        if spared:
            orders = [order for order in orders if any(spot.order is order for spot in spared)] or orders
        elif (
            self.last and not re.search(r"\borders\b|\ball (?:the )?things\b", ask.text) and not ask.order_ids
        ):
            orders = [order for order in orders if any(spot.order is order for spot in self.last)] or orders
        return [spot for order in orders for spot in _all_of(order) if spot not in spared]

    def _orders_named(self, ask: Ask, action: str) -> list[Order]:
        """Orders by number; else all that may be, where several are meant; else the one at hand."""
        named = self._by_number(ask)
        if named:
            return named
        fitting = [order for order in self.orders if self._could(action, order)]
        if ask.plural_orders or (ask.everything and not self.last):
            return fitting
        at_hand = _orders_of(self.last)
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

    def _is_target_of_last(self, ask: Ask) -> bool:
        last = self.latest
        if (
            last is None
            or last.mention is None
            or ask.mention is None
            or last.sentence != ask.sentence
            or ask.another
        ):
            return False
        return last.family == "swap" and last.mention.titles == ask.mention.titles

    # -- verdicts and results --------------------------------------------------------------------

    def _add(
        self,
        asked: str,
        action: str,
        spots: Sequence[Spot],
        sentence: int,
        wishes: Mapping[Spot, list[Wish]] | None = None,
        partial: bool = False,
    ) -> None:
        order = spots[0].order
        if action != "address" and self._judge(action, order).allowed is not False:
            # What is now to be done with a line takes the place of what was said of it before.
            for request in self.requests:
                if request.action != "address" and not request.partial and request.action != action:
                    request.spots = [spot for spot in request.spots if spot not in spots]
            self.requests = [request for request in self.requests if request.spots]
        same = next(
            (r for r in self.requests if r.order is order and r.action == action and r.partial == partial),
            None,
        )
        if same is None:
            verdict = self._judge("modify" if action == "address" else action, order)
            same = Request(asked, action, order, [], verdict, partial=partial, sentence=sentence)
            self.requests.append(same)
        if self.is_fallback:
            same.refund_to, same.refund_allowed, same.refund_rule = "", None, None
        same.sentence = max(same.sentence, sentence)
        for spot in spots:
            if spot not in same.spots:
                same.spots.append(spot)
            for wish in (wishes or {}).get(spot, ()):
                known = same.wishes.get(spot)
                same.wishes[spot] = [*known[:-1], _merged(known[-1], wish)] if known else [wish]
        self._search(same)

    def _search(self, request: Request) -> None:
        if not request.swaps:
            return
        for spot in request.spots:
            product = self.products.get(spot.line.product_id)
            wishes = request.wishes.get(spot, [])
            told = [wish for wish in wishes if wish.says_something]
            request.replacements[spot] = (
                find_replacement(spot.line, product, told, same_allowed=self.same_allowed)
                if product
                else None
            )
        # "All to the cheapest" leaves alone what is the cheapest already.
        same = [
            s for s in request.spots if (r := request.replacements[s]) and r.variant.id == s.line.variant_id
        ]
        if len(same) < len(request.spots) and not any(wish.same for s in same for wish in request.wishes[s]):
            request.spots = [spot for spot in request.spots if spot not in same]
        request.replacements = {spot: request.replacements[spot] for spot in request.spots}

    def _settle(self) -> None:
        """Whether what was asked last can be done, for an "if not" that may follow."""
        if self.requests:
            latest = max(request.sentence for request in self.requests)
            self.worked = all(request.possible for request in self.requests if request.sentence == latest)

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

    def _other_one(self, spot: Spot, text: str) -> Spot | None:
        """The other line of the same product that is spoken of: "the one you already received"."""
        others = [s for s in self._all_spots() if s.line.product_id == spot.line.product_id and s != spot]
        for pattern, status in ((PENDING, "pending"), (RECEIVED, "delivered")):
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
        return [spot for order in self.orders for spot in _all_of(order)]


def _orders_of(spots: Sequence[Spot]) -> list[Order]:
    return list({id(spot.order): spot.order for spot in spots}.values())


def _all_of(order: Order) -> list[Spot]:
    return [Spot.of(order, index) for index in range(len(order.lines))]


def _within(mention: Mention, ask: Ask) -> bool:
    """Whether a condition's words hold this mention's title."""
    return any(set(stems(title)) & set(stems(ask.if_text)) for title in mention.titles)


def _spots_of(mentions: Sequence[Mention]) -> set[Spot]:
    return {spot for mention in mentions for spot in mention.spots}


def _target_text(ask: Ask) -> str:
    """The words about what is wanted instead: behind "to", "for", "with", else all behind the product."""
    if re.search(r"\b(?:to|for|into|with)\b[^.]{0,16}$", ask.before):
        return f"{ask.before} , {ask.after}"
    match = TARGET.search(ask.after)
    return ask.after[match.end() :] if match else ask.after


def _source_text(ask: Ask) -> str:
    match = TARGET.search(ask.after)
    return ask.after[: match.start()] if match else ""


def _merged(old: Wish, new: Wish) -> Wish:
    """Both wishes; what is said later of an option takes the place of what was said before."""
    said = {*new.hard, *(step[0] for step in new.steps)}
    return Wish(
        hard={name: values for name, values in old.hard.items() if name not in said | new.free} | new.hard,
        soft=[*old.soft, *(each for each in new.soft if each not in old.soft)],
        avoid=old.avoid | new.avoid,
        keep=old.keep | new.keep,
        extremes=[*(e for e in old.extremes if e[0] not in said), *new.extremes],
        variant_id=new.variant_id or old.variant_id,
        free=(old.free - said) | new.free,
        steps=[*(step for step in old.steps if step[0] not in said), *new.steps],
        price=new.price or old.price,
        all_free=old.all_free or new.all_free,
        all_kept=new.all_kept or (old.all_kept and not new.soft),
        cheaper=old.cheaper or new.cheaper,
        same=(old.same or new.same) and not said,
    )


def _replaced(old: Wish, new: Wish) -> Wish:
    """The second best: the old wish with the options that the new one speaks of put in their place."""
    return _merged(old, new)
