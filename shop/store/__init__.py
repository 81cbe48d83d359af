"""The shop's database: one `Store` over SQLite or PostgreSQL.

    with Store(settings.database_url) as store:
        store.put_products(products)
        store.order("#W2611340")

Safe to use from several threads. What it holds is in schema.py, the shop's records in
records.py, figures over all orders in figures.py, what single customers did in interactions.py,
conversations and campaigns in conversations.py.
"""

from __future__ import annotations

from shop.store.conversations import (
    ConversationHead,
    Conversations,
    Memory,
    StoredCampaign,
    StoredDraft,
)
from shop.store.figures import CustomerStats, Figures, Purchase
from shop.store.interactions import Interaction, Interactions
from shop.store.records import Records

__all__ = [
    "ConversationHead",
    "CustomerStats",
    "Interaction",
    "Memory",
    "Purchase",
    "Store",
    "StoredCampaign",
    "StoredDraft",
]


class Store(Records, Figures, Interactions, Conversations):
    """Everything a shop keeps; `Store(url)` opens the database and creates it where there is none."""
