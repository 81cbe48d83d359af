"""Rows of recommended products for a page: "for you" and "goes with this", each with its reason.

The same recommender as in the chat; knows no page and no HTTP.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant.events import Card
from assistant.planning.reasons import say_reasons
from assistant.records import product_card
from retrieval.recommend.base import Context, Recommendation

if TYPE_CHECKING:
    from assistant.chat import Assistant

ROW = 8
PERSONAL = frozenset(
    {"because_bought", "because_viewed", "customers_like_you", "said_like", "due_again", "new_in_category"}
)
"""Reasons that speak of what the shopper did; a row without any is not "for you" but what is popular."""


def for_you(
    assistant: Assistant, customer_id: str, conversation_id: str, country: str
) -> tuple[bool, list[Card]]:
    """(whether it is personal, the cards) for a customer, or for a guest ('') by their visit."""
    context = Context(
        customer_id=customer_id,
        conversation_id=conversation_id,
        country="" if customer_id else country,
        basket=(),
        today=assistant.settings.current_date,
    )
    found = assistant.recommender.recommend(context, ROW)
    personal = any(reason.code in PERSONAL for one in found for reason in one.reasons)
    return personal, _cards(assistant, found)


def goes_with(assistant: Assistant, product_id: str, customer_id: str, conversation_id: str) -> list[Card]:
    """What goes with one product, for this shopper."""
    context = Context(
        customer_id=customer_id,
        conversation_id=conversation_id,
        seeds=(product_id,),
        today=assistant.settings.current_date,
    )
    return _cards(assistant, assistant.recommender.recommend(context, ROW))


def _cards(assistant: Assistant, found: list[Recommendation]) -> list[Card]:
    cards = []
    for one in found:
        why, detail = say_reasons(one.reasons, assistant.settings.locale)
        cards.append(product_card(one.product, why[:1].upper() + why[1:], detail))
    return cards
