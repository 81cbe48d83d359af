"""The variant to exchange a line for, from what the customer wants of it; price differences.

Only variants that the catalogue calls available are chosen. What the customer does not mention
stays as it is where that is possible. Knows no words (`options.py` read them) and no policy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from assistant.support.case.options import Wish
from assistant.support.case.values import options_of, place
from shop.types import Money, OrderLine, Product, Variant

MAX_STEP = 99.0


@dataclass(frozen=True, slots=True)
class Replacement:
    """The variant found, and the others that fit the words exactly as well."""

    variant: Variant
    equally_good: tuple[Variant, ...] = ()


def find_replacement(
    line: OrderLine, product: Product, wishes: Sequence[Wish], *, same_allowed: bool = True
) -> Replacement | None:
    """The best available variant for the first of `wishes` that one fulfils; None where none does.

    `same_allowed`: whether the policy lets a line be exchanged for the same thing anew.
    """
    for wish in wishes:
        if wish.same and not (wish.hard or wish.steps or same_allowed):
            continue
        fitting = [each for each in product.variants if each.available and _fits(each, line, product, wish)]
        if not fitting:
            continue
        ranked = sorted(fitting, key=lambda each: _rank(each, line, product, wish))
        best = _rank(ranked[0], line, product, wish)
        ties = tuple(each for each in ranked[1:] if _rank(each, line, product, wish)[:-1] == best[:-1])
        return Replacement(ranked[0], ties if best[-1] is not None and not wish.price else ())
    return None


def price_difference(pairs: Sequence[tuple[OrderLine, Variant]]) -> Money | None:
    """What the customer pays on top (negative: gets back) for exchanging each line for its variant.

    None where a price is unknown or currencies differ.
    """
    total: Money | None = None
    for line, variant in pairs:
        if variant.price is None or variant.price.currency != line.unit_price.currency:
            return None
        change = variant.price - line.unit_price
        total = change if total is None else total + change
    return total


def _fits(variant: Variant, line: OrderLine, product: Product, wish: Wish) -> bool:
    if wish.variant_id:
        return variant.id == wish.variant_id
    if wish.same and not (wish.hard or wish.steps):
        return variant.id == line.variant_id
    if variant.id == line.variant_id and not wish.price:
        return False
    if wish.cheaper and not (variant.price and variant.price.amount < line.unit_price.amount):
        return False
    return (
        all(variant.options.get(name) in values for name, values in wish.hard.items())
        and all(variant.options.get(name) not in values for name, values in wish.avoid.items())
        and all(variant.options.get(name) == line.options.get(name) for name in _kept(line, wish))
        and all(_steps(variant.options, line.options, product, step) for step in wish.steps)
    )


def _kept(line: OrderLine, wish: Wish) -> set[str]:
    if wish.all_kept:
        mentioned = {
            *wish.hard,
            *wish.avoid,
            *(name for name, _ in wish.soft),
            *(step[0] for step in (*wish.steps, *wish.extremes)),
        }
        return set(line.options) - mentioned - wish.free
    return wish.keep - wish.free - set(wish.hard)


def _steps(
    new: Mapping[str, str], old: Mapping[str, str], product: Product, step: tuple[str, int, float | None]
) -> bool:
    name, direction, amount = step
    before, after = place(product, name, old.get(name, "")), place(product, name, new.get(name, ""))
    if before is None or after is None:
        return False
    if amount is not None:
        return after - before == direction * amount
    return (after - before) * direction > 0


def _rank(
    variant: Variant, line: OrderLine, product: Product, wish: Wish
) -> tuple[tuple[float, ...], float, float, float]:
    """Smaller is better: preferences, price where asked for, options changed unasked, steps, price."""
    price = float(variant.price.amount) if variant.price else float(Decimal("1e9"))
    wanted = {"lowest": price, "highest": -price, "": 0.0}[wish.price]
    mentioned = {*wish.hard, *wish.avoid, *wish.free, *(step[0] for step in (*wish.steps, *wish.extremes))}
    soft_names = {name for name, _ in wish.soft}
    loose = wish.all_free or bool(wish.price)
    changed = (
        0
        if loose
        else sum(
            variant.options.get(name) != line.options.get(name)
            for name in options_of(product)
            if name not in mentioned and name not in soft_names
        )
    )
    far = 0.0
    for name, _, _ in wish.steps:
        before = place(product, name, line.options.get(name, ""))
        after = place(product, name, variant.options.get(name, ""))
        far += abs(after - before) if before is not None and after is not None else MAX_STEP
    ends = tuple(
        -way * (place(product, name, variant.options.get(name, "")) or 0.0) for name, way in wish.extremes
    )
    return ((*ends, *_preferences(variant, wish)), wanted, float(changed) + far / 1e6, price)


def _preferences(variant: Variant, wish: Wish) -> tuple[float, ...]:
    """Per option with preferences: how far down the list its value stands."""
    lists: dict[str, list[str]] = {}
    for name, value in wish.soft:
        lists.setdefault(name, []).append(value)
    return tuple(
        float(values.index(variant.options[name]))
        if variant.options.get(name) in values
        else float(len(values))
        for name, values in lists.items()
    )
