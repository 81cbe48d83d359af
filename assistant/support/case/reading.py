"""From a customer's words to what can be done: which lines, whether allowed, for what instead.

Resolves each `Ask` against one customer's orders, holds it against the policy's rules and looks for
replacements in the catalogue, taking up "if that is not possible" only where it is not. Changes
nothing in the shop: the outcome is a reading for an agent, who decides.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from assistant.support.case.choosing import (
    CHEAPEST,
    DEAREST,
    TARGET,
    all_of,
    goes_to,
    implied_text,
    orders_of,
    spots_of,
    target_text,
)
from assistant.support.case.clauses import Ask, read_asks
from assistant.support.case.mentions import Mention, Spot, find_mentions
from assistant.support.case.options import Wish, read_wish
from assistant.support.case.outcomes import MOST_MONEY, direct_refund, resolve_conflicts
from assistant.support.case.replacement import find_replacement
from assistant.support.case.requests import Records, Request
from assistant.support.case.revising import Reviser
from assistant.support.case.values import values_named
from retrieval.words import stems

_ALL_OF_THEM = re.compile(r"\b(?:both|all|two)(?: of)? (?:them|these|those)\b|\bboth\W*$", re.I)


def read_requests(text: str, records: Records) -> list[Request]:
    """What `text` asks to be done with these orders of one customer, in order; fallbacks resolved."""
    mentions = find_mentions(text, records.orders, records.products)
    return _Reader(records, mentions).read(read_asks(text, mentions))


class _Reader(Reviser):
    """One message being resolved."""

    def read(self, asks: Sequence[Ask]) -> list[Request]:
        """Every request that stands at the end."""
        for index, ask in enumerate(asks):
            group = [each for each in asks if each.sentence == ask.sentence]
            self._take(ask, group)
            self.latest = ask
            follows = index + 1 < len(asks) and asks[index + 1].text == ask.text
            if not follows:
                self._settle()
        resolve_conflicts(self.requests, by_money=any(MOST_MONEY.search(ask.text) for ask in asks))
        return self.requests

    def _take(self, ask: Ask, group: Sequence[Ask]) -> None:
        if ask.implied and not self._says_what(ask):
            ask.family, ask.after = "", ask.after if ask.mention else ask.text
        if (
            ask.condition == "failed"
            and ask.family in {"", "look"}
            and re.search(r"\b(?:exact|same|identical)\b", ask.if_text)
        ):
            self._demand_exact()
        if not self._is_due(ask) or self._takes_back(ask):
            return
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
        direct_refund(self.requests, ask.text, self.refund_rules, self.methods)

    def _describe(self, ask: Ask, group: Sequence[Ask]) -> None:
        """More about something already asked for, or merely a product to remember."""
        direct_refund(self.requests, ask.text, self.refund_rules, self.methods)
        if ask.mention is not None:
            said = f"{ask.before} {ask.after}"
            self.asked_price = (
                "lowest" if CHEAPEST.search(said) else "highest" if DEAREST.search(said) else ""
            )
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
        if ask.spared and not (ask.before or ask.after):
            return  # says only what stays as it is
        if re.search(r"\b(?:orders?|ones?)\b", ask.text, re.I) and (there := self._by_place(ask)):
            self._remember([spot for order in there for spot in all_of(order)], ask)
            return
        swaps = [request for request in self.requests if request.swaps]
        if swaps and (ask.after or ask.text):
            request = swaps[-1]
            spots = [spot for spot in self.last if spot in request.spots] or request.spots
            self._wish_more(request, spots, ask.after or ask.text, ask)

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
                known.append(known[-1].merged(wish))
            else:
                known[-1] = known[-1].merged(wish)
        self._search(request)

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
        for order in orders_of(best):
            mine = [spot for spot in best if spot.order is order and spot not in request.spots]
            if mine:
                self._add(
                    request.asked, request.action, mine, request.sentence, {spot: wishes for spot in mine}
                )

    def _cancel(self, ask: Ask, group: Sequence[Ask]) -> None:
        if ask.mention is not None:
            spots = self._choose(ask, group)
            # "the order with the boots", "my boots order": the product only says which order.
            whole = ask.names_order or (
                re.search(r"\border\b", f"{ask.before} {ask.after[:7]}", re.I) and not ask.partial
            )
            for order in orders_of(spots):
                mine = [spot for spot in spots if spot.order is order]
                partial = len(mine) < len(order.lines) and not whole
                self._add(
                    "cancel", "cancel", mine if partial else all_of(order), ask.sentence, partial=partial
                )
            self._remember(spots, ask)
            return
        if ask.partial and re.search(r"\b(?:it|items?|one|them)\b", ask.after):
            for spot in self.last or [s for o in self._orders_named(ask, "cancel") for s in all_of(o)[:1]]:
                self._add("cancel", "cancel", [spot], ask.sentence, partial=len(spot.order.lines) > 1)
            return
        told = self._pick_by_price(self.pool, ask.after)
        others = re.search(r"\b(?:others?|rest|remaining)\b", ask.text, re.I)
        spared = spots_of([*ask.spared, *(self.kept if others else ())])
        but = orders_of(sorted(spared, key=lambda spot: spot.order_id))
        for order in orders_of(told) or self._orders_named(ask, "cancel"):
            if order in but:
                continue
            self._add("cancel", "cancel", all_of(order), ask.sentence)

    def _return(self, ask: Ask, group: Sequence[Ask]) -> None:
        if ask.mention is not None:
            spots = self._choose(ask, group)
            if ask.names_order:
                but = spots_of(ask.spared)
                spots = [spot for order in orders_of(spots) for spot in all_of(order) if spot not in but]
        elif self.last and _ALL_OF_THEM.search(ask.after):
            spots = self.last
        elif ask.everything or ask.spared:
            spots = self._everything(ask, "return")
        elif ask.order_ids and not re.search(r"\b(?:it|them|one|both)\b", ask.after):
            spots = [spot for order in self._orders_named(ask, "return") for spot in all_of(order)]
        else:
            spots = self._pick_by_price(self.pool, ask.after) or self.last
        if ask.only:
            self._keep_only("return", [*spots, *self._named_with(ask, group)])
        for order in orders_of(spots):
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
            target = implied_text(ask) if ask.implied else target_text(ask)
        elif ask.implied:
            spots, target = self.last, ask.after
            if re.search(r"\bthat (?:does|do|is|has|can)\W*$", target) and self.latest is not None:
                target = f"{self.latest.after} , {target}"
        else:
            spots, target = self._unnamed_swap(ask)
            target = self._said_before(spots, target)
            if self.asked_price and re.match(r"\W*(?:it|that one|that)\b", target, re.I):
                target = "the cheapest" if self.asked_price == "lowest" else "the most expensive"
        if ask.only:
            self._keep_only("swap", [*spots, *self._named_with(ask, group)])
        for order in orders_of(spots):
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
            for spot in all_of(order)
            if (product := self.products.get(spot.line.product_id)) and values_named(target, [product])
        ]
        return fitting or (self.last if not self._by_number(ask) else []), target

    def _address(self, ask: Ask, group: Sequence[Ask]) -> None:
        place = re.split(r"\bto\b", ask.after, maxsplit=1)[0]
        if ask.mention is not None:
            orders = orders_of(self._choose(ask, group))
        elif re.search(r"\b(?:default|profile|user|account)\b[^.]*\baddress", place, re.I) and not re.search(
            r"\border", place, re.I
        ):
            return
        elif re.search(r"\b(?:another|other|wrong) order\b", ask.text, re.I):
            there = orders_of(self.last)
            orders = self._most_spoken_of(
                [o for o in self.orders if o not in there and self._could("modify", o)]
            )
        elif ask.plural_orders:
            orders = [order for order in self.orders if self._judge("modify", order).allowed]
            orders = [order for order in orders if not goes_to(order, ask.after, leaving=False)]
        else:
            orders = self._orders_named(ask, "modify")
        for order in orders:
            self._add("address", "address", all_of(order), ask.sentence)

    def _is_target_of_last(self, ask: Ask) -> bool:
        last = self.latest
        if (
            last is None
            or last.mention is None
            or ask.mention is None
            or last.sentence != ask.sentence
            or ask.another
            or not set(last.mention.spots) & set(ask.mention.spots)
        ):
            return False
        return last.family == "swap" and last.mention.titles == ask.mention.titles

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
                same.wishes[spot] = [*known[:-1], known[-1].merged(wish)] if known else [wish]
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


def _within(mention: Mention, ask: Ask) -> bool:
    """Whether a condition's words hold this mention's title."""
    return any(set(stems(title)) & set(stems(ask.if_text)) for title in mention.titles)
