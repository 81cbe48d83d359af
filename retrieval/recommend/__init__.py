"""Recommending products, each with a true reason."""

from retrieval.recommend.base import Code, Context, Reason, Recommendation, Recommender
from retrieval.recommend.blend import open_recommender

__all__ = ["Code", "Context", "Reason", "Recommendation", "Recommender", "open_recommender"]
