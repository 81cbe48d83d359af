"""Plans that compare two products: price, rating, then the first attribute on which they differ."""

from __future__ import annotations

from assistant.planning.scene import PlanBuilder, Planned, Scene, finish_about
from assistant.records import product_source
from shop.formats import format_money
from shop.types import Product


def plan_comparison(scene: Scene) -> Planned:
    """Two products side by side: price, rating, then the attributes both state."""
    builder = PlanBuilder(scene)
    if len(scene.evidence.subjects) < 2:
        builder.say("clarify_compare")
        return builder.finish(quick_replies=["Compare the first two"] if len(scene.state.shown) > 1 else [])
    first, second = scene.evidence.subjects[:2]
    handles = (builder.add_product(first), builder.add_product(second))
    _compare_prices(builder, (first, second), handles)
    _compare_ratings(builder, (first, second), handles)
    told = _compare_attributes(builder, (first, second), handles)
    if not told and first.price == second.price:
        builder.say("compare_little", ("first", "second"), first=handles[0], second=handles[1])
    return finish_about(builder, [first, second], [product_source(first), product_source(second)])


def _compare_prices(builder: PlanBuilder, pair: tuple[Product, Product], handles: tuple[str, str]) -> None:
    for product, handle in zip(pair, handles, strict=True):
        if product.price is None:
            builder.say("compare_unpriced", ("product",), product=handle)
            return
    prices = [product.price for product in pair if product.price]
    if prices[0] == prices[1]:
        price = builder.field(handles[0], "price")
        builder.say(
            "compare_same_price",
            ("first", "second", "price"),
            first=handles[0],
            second=handles[1],
            price=price,
        )
        return
    low, high = (0, 1) if prices[0] < prices[1] else (1, 0)
    builder.name("compare", gap=format_money(prices[high] - prices[low], builder.scene.locale))
    builder.say(
        "compare_price",
        ("cheaper", "dearer", "cheaper_price", "dearer_price"),
        cheaper=handles[low],
        dearer=handles[high],
        cheaper_price=builder.field(handles[low], "price"),
        dearer_price=builder.field(handles[high], "price"),
        gap="[compare.gap]",
    )


def _compare_ratings(builder: PlanBuilder, pair: tuple[Product, Product], handles: tuple[str, str]) -> None:
    ratings = [product.rating for product in pair]
    if ratings[0] is None or ratings[1] is None or ratings[0].value == ratings[1].value:
        return
    better, other = (0, 1) if ratings[0].value > ratings[1].value else (1, 0)
    builder.say(
        "compare_rating",
        ("better", "other", "better_rating", "other_rating"),
        better=handles[better],
        other=handles[other],
        better_rating=builder.field(handles[better], "rating"),
        other_rating=builder.field(handles[other], "rating"),
    )


def _compare_attributes(
    builder: PlanBuilder, pair: tuple[Product, Product], handles: tuple[str, str]
) -> bool:
    first, second = pair
    stated = {
        "colour": (first.colour, second.colour),
        "brand": (first.brand, second.brand),
        "category": (first.category, second.category),
    }
    for name, (one, other) in stated.items():
        if one and other and one != other:
            builder.name("compare", attribute=name, attribute_title=name.capitalize())
            builder.say(
                "compare_attribute",
                ("first_value", "second_value"),
                attribute="[compare.attribute]",
                attribute_title="[compare.attribute_title]",
                first=handles[0],
                second=handles[1],
                first_value=builder.field(handles[0], name),
                second_value=builder.field(handles[1], name),
            )
            return True
    return False
