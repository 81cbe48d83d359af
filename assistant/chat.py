"""One turn of a conversation with a shopper, readable top to bottom; and the open shop it runs in.

    understand → gather → plan → write and audit → deliver → remember

Each step is a module of its own; this one only passes the result on. Faces consume the events of
`assistant.events`. Identity is the caller's: `customer_id` is whom the server verified.
"""

from __future__ import annotations

import logging
import time
import zlib
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING
from uuid import uuid4

from assistant.deeds import Deeds
from assistant.delivery import Speaker, Spoken
from assistant.events import (
    Done,
    ProductCards,
    QuickReplies,
    ReplyEvent,
    Sources,
    TextDelta,
)
from assistant.evidence import Gatherer
from assistant.intents import IntentClassifier
from assistant.memory import latest_state
from assistant.models.base import ChatModel, open_model, prepare_model
from assistant.models.weights import chosen_adapter
from assistant.planning import Planned, Scene, plan_turn
from assistant.understanding import Understander, Understanding
from assistant.wire import card_view_json, source_json
from assistant.writers.base import Voice, Writer
from assistant.writers.model import ModelWriter
from insight.anomalies import watch_of
from insight.customers import open_insight
from retrieval.indexing import open_search
from retrieval.recommend import open_recommender
from retrieval.recommend.base import Context, Recommender
from retrieval.search import Search
from retrieval.tastes import Tastes
from shop.errors import NotAllowed, NotFound
from shop.settings import Settings
from shop.store import Store
from shop.store.interactions import DISLIKED
from shop.types import Turn

if TYPE_CHECKING:
    from insight.customers import Insight

log = logging.getLogger(__name__)

REMEMBERED_REPLIES = 4


class Assistant:
    """A shop with its doors open: its data, its search, its recommender and its voice."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        search: Search,
        recommender: Recommender,
        model: ChatModel | None = None,
    ) -> None:
        self.settings = settings
        self.store = store
        self.search = search
        self.recommender = recommender
        self.deeds = Deeds(store, Tastes(store, search, settings), settings)
        self._model = model
        language = settings.locale.split("_")[0]
        classifier = IntentClassifier(search.embedder, language, cache=settings.shop)
        self.understander = Understander(search, classifier)
        self.gatherer = Gatherer(store, search, recommender, settings.current_date, self.understander.namer)
        words = (*search.vocabulary.brands.values(), *search.vocabulary.colours.values())
        guarded = frozenset(word.lower() for word in words)
        self.speaker = Speaker(self._open_writer, guarded, settings.model_timeout_s)

    @classmethod
    def open(cls, settings: Settings) -> Assistant:
        """The shop of `settings`, ready to answer; its model is loaded when first needed."""
        store = Store(settings.database_url)
        search = open_search(store, settings)
        return cls(settings, store, search, open_recommender(store, search, settings))

    @cached_property
    def insight(self) -> Insight:
        """What the shop knows of its customers; reads all orders when first asked."""
        return open_insight(self.store, self.settings)

    def close(self) -> None:
        """Let go of the database and the model."""
        self.deeds.close()
        if self._model is not None:
            self._model.close()
        self.store.close()

    def warm(self) -> None:
        """Do beforehand what the first shopper would wait for: vectors, recommender, model."""
        _ = self.understander.classifier.vectors
        self.recommender.recommend(Context(), 1)
        self.insight.profile("")
        watch_of(self.store).all(self.settings.current_date, self.settings.locale)
        self.speaker.warm(self._prepare_model)
        self.deeds.begin()

    def _prepare_model(self) -> None:
        if self._model is not None:
            prepare_model(self._model, log.info)

    def _open_writer(self) -> Writer | None:
        if self._model is None:
            self._model = open_model(self._model_spec())
        if self._model is None:
            return None
        return ModelWriter(self._model, self.settings)

    def _model_spec(self) -> str:
        """The model of the settings, with the adapter this shop has promoted where they name none."""
        spec = self.settings.model
        adapter = chosen_adapter(self.settings.shop)
        return f"{spec}?adapter={adapter}" if adapter and spec == "local:smollm2" else spec

    def start_conversation(self, customer_id: str = "") -> str:
        """A new conversation's id."""
        return self.store.start_conversation(customer_id)

    def history(self, conversation_id: str) -> list[Turn]:
        """The conversation's turns, oldest first."""
        return self.store.turns(conversation_id)

    def give_feedback(self, turn_id: str, vote: int, reason: str = "") -> None:
        """Store a thumb: 1 up, -1 down, 0 taken back."""
        self.store.set_vote(turn_id, vote, reason)

    def reply(self, conversation_id: str, message: str, *, customer_id: str = "") -> Iterator[ReplyEvent]:
        """One turn, as events; the last is always `Done`.

        Raises NotFound for an unknown conversation, NotAllowed for somebody else's.
        """
        started = time.perf_counter()
        owner = self.store.conversation_customer(conversation_id)
        if owner is None:
            raise NotFound(f"there is no conversation {conversation_id!r}; start a new one")
        if owner and owner != customer_id:
            raise NotAllowed("this conversation belongs to another customer; start a new one")
        turns = self.store.turns(conversation_id)
        state = latest_state(turns)

        said = self.understander.understand(message, state)
        evidence = self.gatherer.gather(said, state, customer_id, conversation_id)
        planned = plan_turn(Scene(said, evidence, state, self.settings, self.search.vocabulary))
        planned_at = time.perf_counter()

        plan = planned.plan
        if plan.cards:
            yield ProductCards(plan.cards)
        spoken = Spoken()
        try:
            for text in self.speaker.speak(plan, self._voice(conversation_id, turns, said), spoken):
                yield TextDelta(text)
        except GeneratorExit:
            # The shopper pressed stop: what they asked and saw so far is still part of the talk.
            self._remember(conversation_id, customer_id, said, planned, spoken, started, planned_at)
            raise
        if plan.sources:
            yield Sources(plan.sources)
        if plan.handoff:
            yield plan.handoff
        if plan.quick_replies:
            yield QuickReplies(plan.quick_replies)
        yield self._remember(conversation_id, customer_id, said, planned, spoken, started, planned_at)

    def _voice(self, conversation_id: str, turns: list[Turn], said: Understanding) -> Voice:
        return Voice(
            shop_name=self.settings.name,
            locale=self.settings.locale,
            seed=zlib.crc32(f"{conversation_id}/{len(turns)}".encode()),
            recent=tuple(turn.reply for turn in turns[-REMEMBERED_REPLIES:]),
            message=said.message,
        )

    def _remember(
        self,
        conversation_id: str,
        customer_id: str,
        said: Understanding,
        planned: Planned,
        spoken: Spoken,
        started: float,
        planned_at: float,
    ) -> Done:
        """Store the turn and what it taught about the customer; the closing event."""
        plan = planned.plan
        now = time.perf_counter()
        total_ms = (now - started) * 1000
        first_ms = ((spoken.first_text_at or now) - started) * 1000
        trace: dict[str, object] = {
            "intent_cue": said.intent.cue,
            "intent_confidence": round(said.intent.confidence, 3),
            "topic": said.query.topic,
            "understand_to_plan_ms": round((planned_at - started) * 1000, 1),
            "words": spoken.as_json(),
        }
        turn = Turn(
            id=uuid4().hex,
            conversation_id=conversation_id,
            customer_id=customer_id,
            at=datetime.now(UTC),
            message=said.message,
            reply=spoken.text,
            intent=said.intent.name,
            handled_by=spoken.handled_by,
            acts=tuple(act.kind for act in plan.acts),
            cards=tuple(card_view_json(card) for card in plan.cards),
            sources=tuple(source_json(source) for source in plan.sources),
            quick_replies=plan.quick_replies,
            state=planned.state.as_json(),
            trace=trace,
        )
        self.store.add_turn(turn)
        if said.turned_down:
            who = {"customer_id": customer_id, "conversation_id": conversation_id}
            with suppress(NotFound):  # gone from the shop since it was shown
                self.deeds.note(DISLIKED, said.turned_down, **who)
        elif customer_id and said.tastes:
            for kind, what in said.tastes:
                self.store.remember(customer_id, kind, what, turn.id)
            self.deeds.follow(customer_id)
        log.info(
            "turn %s intent=%s acts=%s by=%s first_ms=%.0f total_ms=%.0f",
            turn.id,
            turn.intent,
            ",".join(turn.acts),
            turn.handled_by,
            first_ms,
            total_ms,
        )
        return Done(
            turn_id=turn.id,
            conversation_id=conversation_id,
            reply=spoken.text,
            handled_by=spoken.handled_by,
            intent=said.intent.name,
            acts=turn.acts,
            denies=plan.denies,
            cards=plan.cards,
            sources=plan.sources,
            first_text_ms=first_ms,
            total_ms=total_ms,
            trace=trace,
        )
