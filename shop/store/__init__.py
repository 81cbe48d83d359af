"""The shop's database: one `Store` over SQLite or PostgreSQL.

    with Store(settings.database_url) as store:
        store.put_products(products)
        store.order("#W2611340")

Safe to use from several threads. What it holds is in schema.py, the shop's records in
records.py, figures over all orders in figures.py, conversations in conversations.py, campaigns
and the messages they sent in campaigns.py, what was predicted in predictions.py.
"""

from __future__ import annotations

from shop.store.campaigns import Campaigns, SentMessage, StoredCampaign, StoredDraft, TakenStep
from shop.store.conversations import ConversationHead, Conversations, Memory
from shop.store.figures import RETURN, CustomerStats, Figures, Purchase
from shop.store.predictions import PredictionRun, Predictions
from shop.store.records import Records
from shop.store.schema import moment_to_days

__all__ = [
    "RETURN",
    "ConversationHead",
    "CustomerStats",
    "Memory",
    "PredictionRun",
    "Purchase",
    "SentMessage",
    "Store",
    "StoredCampaign",
    "StoredDraft",
    "TakenStep",
    "moment_to_days",
]


class Store(Records, Figures, Conversations, Campaigns, Predictions):
    """Everything a shop keeps; `Store(url)` opens the database and creates it where there is none."""
