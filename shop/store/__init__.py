"""The shop's database: one `Store` over SQLite or PostgreSQL.

    with Store(settings.database_url) as store:
        store.put_products(products)
        store.order("#W2611340")

Safe to use from several threads. What it holds is in schema.py, the shop's records in
records.py, figures over all orders in figures.py, what single customers did in interactions.py,
conversations in conversations.py, campaigns and the messages they sent in campaigns.py, what was
predicted in predictions.py, the support desk's own notes in desk.py.
"""

from __future__ import annotations

from shop.store.campaigns import Campaigns, SentMessage, StoredCampaign, StoredDraft, TakenStep
from shop.store.conversations import ConversationHead, Conversations, Memory
from shop.store.desk import CustomerView, Desk, Macro, Suggestion
from shop.store.figures import RETURN, CustomerStats, Figures, Purchase
from shop.store.interactions import Interaction, Interactions
from shop.store.predictions import PredictionRun, Predictions
from shop.store.records import Records
from shop.store.schema import moment_to_days

__all__ = [
    "RETURN",
    "ConversationHead",
    "CustomerStats",
    "CustomerView",
    "Interaction",
    "Macro",
    "Memory",
    "PredictionRun",
    "Purchase",
    "SentMessage",
    "Store",
    "StoredCampaign",
    "StoredDraft",
    "Suggestion",
    "TakenStep",
    "moment_to_days",
]


class Store(Records, Figures, Interactions, Conversations, Campaigns, Predictions, Desk):
    """Everything a shop keeps; `Store(url)` opens the database and creates it where there is none."""
