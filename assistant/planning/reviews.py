"""Plans that say what a product's reviews say: how many speak of what is asked, and their own sentences.

Every number is counted from the reviews in the store; where a shop gives only the rating, it says so.
"""

from __future__ import annotations

from assistant.planning.scene import PlanBuilder
from assistant.reading import Opinions
from shop.types import Product


def say_reviews(builder: PlanBuilder, product: Product, handle: str, opinions: Opinions) -> str:
    """Add the acts that answer from reviews; the sentence that backs them."""
    if not opinions.total:
        return _say_unread(builder, handle)
    count = _counted(opinions.total)
    if not opinions.topic:
        builder.name("reviews", count=count)
        builder.say("reviews_count", ("product", "count"), product=handle, count="[reviews.count]")
        if opinions.starred:
            builder.name("reviews", liked=f"{opinions.good} of {opinions.starred}")
            builder.say("reviews_liked", ("liked",), liked="[reviews.liked]")
    else:
        say_mentions(builder, handle, opinions)
    return _quote(builder, opinions)


def say_mentions(builder: PlanBuilder, handle: str, opinions: Opinions) -> None:
    """How many reviews speak of the topic."""
    about, total = opinions.about, opinions.total
    several = _counted(total) if total > 1 else ""
    builder.name("reviews", topic=opinions.topic, count=several, about=str(about))
    slots = {"product": handle, "topic": "[reviews.topic]"}
    if several:
        slots["count"] = "[reviews.count]"
    if about > 1 or (about and several):
        slots["about"] = "[reviews.about]"
    kind = "reviews_silent" if not about else "reviews_about_one" if about == 1 else "reviews_about"
    builder.say(kind, tuple(slots), **slots)


def _say_unread(builder: PlanBuilder, handle: str) -> str:
    if builder.has(handle, "rating"):
        rating = builder.field(handle, "rating")
        builder.say("reviews_unread", ("product", "rating"), product=handle, rating=rating)
    else:
        builder.name("ask", gap="reviews")
        builder.say("not_stated", ("product", "gap"), product=handle, gap="[ask.gap]")
    return ""


def _quote(builder: PlanBuilder, opinions: Opinions) -> str:
    for number, said in enumerate(opinions.quotes):
        key = f"review{number}"
        builder.name(key, passage=said.sentence)
        if said.stars is None:
            builder.say("review_quote", ("passage",), passage=f"[{key}.passage]")
            continue
        builder.name(key, stars=f"{said.stars:g} out of 5")
        builder.say("review_quote", ("stars", "passage"), stars=f"[{key}.stars]", passage=f"[{key}.passage]")
    return opinions.quotes[0].sentence if opinions.quotes else ""


def _counted(total: int) -> str:
    return "1 review" if total == 1 else f"{total} reviews"
