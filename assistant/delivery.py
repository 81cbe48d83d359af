"""A plan into words the reader sees: the model's where they pass the audit, else the composer's.

Each act is worded by itself and audited before it is shown, so a reply is always complete: an act
whose every wording fails, or for which there is no time, is said by the composer.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from assistant.audit import Audit, split_sentences
from assistant.plan import Act, Plan, Record
from assistant.writers.base import Asked, Voice, Wording, Writer
from assistant.writers.composer import Composer
from shop.errors import ModelError, ModelUnavailable

REST_S = 30.0
"""How long a model that could not be reached is left alone."""

DRAWS = (4, 8)
"""How often the model is asked for the same part of a campaign's messages, at least and at most: what
customers are told alike is worded often enough to vary, then shared out."""

ATTEMPTS = 2
"""How often the model is asked before the composer speaks."""

TALK = frozenset(
    {"greet", "greet_by_name", "thanks", "goodbye", "chat", "clarify", "clarify_product"}
    | {"clarify_compare", "clarify_order", "ask_narrow", "offer_person", "apologise", "out_of_scope"}
    | {"no_recommendation", "no_orders", "no_offer", "order_action", "handoff"}
)
"""Acts without a must-say that a model taught to may word. The others (who we are, signing in, whose
orders are whose, what we will not do) are rules of ours, said in the composer's fixed words."""

FIXED = frozenset(
    {"page_yes", "page_no", "page_near", "contrast_has", "contrast_lacks", "contrast_says", "contrast_silent"}
    | {"compare_same_rating", "loosen", "loosen_one", "turned_down", "turned_down_guest"}
    | {"explain", "explain_other", "explain_also", "explain_none"}
    | {"reviews_count", "reviews_liked", "reviews_about", "reviews_about_one", "reviews_silent"}
    | {"review_quote", "reviews_unread"}
)
"""Acts said in the composer's words alone: a yes or a no that was read off a page, and the quotation that
bears it out, leave nothing to word."""


@dataclass(slots=True)
class Spoken:
    """How one plan was said; filled while it is being delivered."""

    handled_by: str = "composer"
    called_model: bool = False
    text: str = ""
    stopped_by: str = ""
    by_model: list[tuple[str, Wording]] = field(default_factory=list)
    """Kind and wording of each act that the model said."""
    first_text_at: float | None = None

    def as_json(self) -> dict[str, object]:
        """For the trace; the wordings hold codes in place of facts."""
        return {
            "called_model": self.called_model,
            "stopped_by": self.stopped_by,
            "acts_by_model": len(self.by_model),
            "wordings": [[kind, said.ask, said.coded] for kind, said in self.by_model if said.ask],
        }


@dataclass(frozen=True, slots=True)
class Line:
    """One part of a message to be worded: its act, the records behind it, how long it may be, and what
    the shop's brand has against a text."""

    act: Act
    records: tuple[Record, ...]
    voice: Voice
    most_characters: int = 1000
    faults: Callable[[str], Sequence[str]] = lambda text: ()

    @property
    def key(self) -> tuple[object, ...]:
        """What the model is asked, which is the same for many customers."""
        return self.act.kind, tuple(self.act.slots.items()), self.act.must, self.voice.tone


@dataclass(frozen=True, slots=True)
class Said:
    """A worded part; `wording` is the model's, None where the composer spoke."""

    text: str
    wording: Wording | None


class Speaker:
    """Says plans with an optional model's writer, made on first use by `open_writer`."""

    def __init__(
        self,
        open_writer: Callable[[], Writer | None],
        guarded: frozenset[str] = frozenset(),
        timeout_s: float = 8.0,
    ) -> None:
        self._open_writer = open_writer
        self._writer: Writer | None = None
        self._opened = False
        self._opening = threading.Lock()
        self._rests_until = 0.0
        self.composer = Composer()
        self.guarded = guarded
        self.timeout_s = timeout_s

    def warm(self, prepare: Callable[[], None]) -> None:
        """Open the model's writer and `prepare` what is behind it; the composer speaks meanwhile."""
        with self._opening:
            try:
                if not self._opened:
                    self._writer = self._open_writer()
                    self._opened = True
                prepare()
            except ModelError:
                self._rests_until = time.monotonic() + REST_S

    def _model_writer(self) -> Writer | None:
        if time.monotonic() < self._rests_until or not self._opening.acquire(blocking=False):
            return None
        try:
            if not self._opened:
                self._writer = self._open_writer()
                self._opened = True
            return self._writer
        except ModelUnavailable:
            self._rests_until = time.monotonic() + REST_S
            return None
        finally:
            self._opening.release()

    def speak(self, plan: Plan, voice: Voice, spoken: Spoken) -> Iterator[str]:
        """Yield the words for the reader, handles expanded, an act at a time; `spoken` says how it went.

        The first act is asked for alone, so that the reader waits for no more; the rest in one batch.
        `handled_by` is "model" where it said every act that is its to word.
        """
        writer = (
            self._model_writer()
            if any(act.kind not in FIXED and (act.must or act.kind in TALK) for act in plan.acts)
            else None
        )
        mine = [at for at, act in enumerate(plan.acts) if writer and _is_models(act, writer)]
        spoken.called_model = bool(mine)
        wordings: dict[int, list[Wording]] = {}
        deadline = time.monotonic() + self.timeout_s
        for position, act in enumerate(plan.acts):
            if writer and position in mine and position not in wordings:
                batch = [position] if position == mine[0] else [at for at in mine if at >= position]
                asked = [(plan.acts[at], voice) for at in batch]
                answers = self._ask(writer, asked, deadline - time.monotonic(), spoken)
                wordings |= dict(zip(batch, answers, strict=True))
            chosen = self._choose(plan, act, voice, writer, wordings.get(position, []), spoken)
            if chosen is None and writer and position in mine:
                (second,) = self._ask(writer, [(act, _again(voice))], deadline - time.monotonic(), spoken)
                chosen = self._choose(plan, act, voice, writer, second, spoken)
            if chosen is not None:
                spoken.by_model.append((act.kind, chosen))
                yield self._out(plan.expand(chosen.text), spoken)
            else:
                yield self._out(plan.expand(self.composer.say(act, voice, position)), spoken)
        spoken.handled_by = "model" if mine and len(spoken.by_model) == len(mine) else "composer"

    def say_all(self, lines: Sequence[Line]) -> list[Said]:
        """Word many single acts at once, handles expanded: the parts of many messages.

        Lines that are asked for alike draw on the same wordings: each takes one that passes the audit
        and fits, by its own seed; the composer's where there is none, which may not fit. Twice as many
        customers do not take twice as long, and no wording depends on whom it is for.
        """
        writer = self._model_writer()
        alike: dict[tuple[object, ...], list[int]] = defaultdict(list)
        for at, line in enumerate(lines):
            alike[line.key].append(at)
        said: dict[int, Said] = {}
        waiting = list(alike.values()) if writer is not None else []
        for attempt in range(ATTEMPTS):
            # A model that was not fine-tuned here gives as good as its only wording the first time.
            least, most = DRAWS if writer and writer.lexicon else (1, DRAWS[1])
            draws = [min(max(len(group), least), most) for group in waiting]
            asked = [
                (lines[group[0]].act, _again(lines[group[0]].voice, attempt * most + draw))
                for group, count in zip(waiting, draws, strict=True)
                for draw in range(count)
            ]
            found = iter(self._ask(writer, asked, self.timeout_s * len(asked), Spoken()) if writer else [])
            for group, count in zip(waiting, draws, strict=True):
                drawn = [next(found) for _ in range(count)]
                wordings = list({wording.text: wording for each in drawn for wording in each}.values())
                for at in group:
                    if (own := self._say_line(lines[at], wordings, writer)) is not None:
                        said[at] = own
            waiting = [left for group in waiting if (left := [at for at in group if at not in said])]
        for at, line in enumerate(lines):
            if at not in said:
                text = Plan((line.act,), line.records).expand(self.composer.say(line.act, line.voice))
                said[at] = Said(text.strip(), None)
        return [said[at] for at in range(len(lines))]

    def _say_line(self, line: Line, wordings: Sequence[Wording], writer: Writer | None) -> Said | None:
        """One of `wordings`, where one may be said."""
        plan = Plan((line.act,), line.records)
        lexicon = writer.lexicon if writer else None
        start = line.voice.seed % max(1, len(wordings))
        for wording in (*wordings[start:], *wordings[:start]):
            _, fault = passable(plan, line.act, line.voice, wording, self.guarded, lexicon)
            text = "" if fault else plan.expand(wording.text).strip()
            if text and len(text) <= line.most_characters and not line.faults(text):
                return Said(text, wording)
        return None

    def _ask(
        self, writer: Writer, asked: Sequence[Asked], left_s: float, spoken: Spoken
    ) -> list[list[Wording]]:
        """The model's wordings; none where it fails or is out of time."""
        if left_s > 0 and not spoken.stopped_by.startswith("the model"):
            try:
                return writer.write(asked, left_s)
            except ModelUnavailable as error:
                self._rests_until = time.monotonic() + REST_S
                spoken.stopped_by = f"the model: {error}"
            except ModelError as error:
                spoken.stopped_by = f"the model: {error}"
        return [[] for _ in asked]

    def _choose(
        self,
        plan: Plan,
        act: Act,
        voice: Voice,
        writer: Writer | None,
        wordings: Sequence[Wording],
        spoken: Spoken,
    ) -> Wording | None:
        """The wording to be said: of those that pass the audit the first that begins unlike what was
        said lately; None where none passes."""
        whole: list[Wording] = []
        cut: list[Wording] = []
        lexicon = writer.lexicon if writer else None
        for wording in wordings:
            said, fault = passable(plan, act, voice, wording, self.guarded, lexicon)
            if said is not None:
                (cut if fault else whole).append(said)
            else:
                spoken.stopped_by = fault
        passed = whole or cut
        lately = " ".join((*voice.recent, spoken.text)).lower()
        fresh = [wording for wording in passed if " ".join(wording.text.lower().split()[:3]) not in lately]
        return next(iter(fresh or passed), None)

    @staticmethod
    def _out(text: str, spoken: Spoken) -> str:
        if spoken.first_text_at is None:
            spoken.first_text_at = time.perf_counter()
        joint = " " if spoken.text and not spoken.text.endswith((" ", "\n")) else ""
        text = joint + text.strip()
        spoken.text += text
        return text


def passable(
    plan: Plan,
    act: Act,
    voice: Voice,
    wording: Wording,
    guarded: frozenset[str] = frozenset(),
    lexicon: frozenset[str] | None = None,
) -> tuple[Wording | None, str]:
    """What of `wording` may be said, and why not all of it.

    Sentences up to the first that fails, if by then all that the act must say is said; else None.
    """
    audit = Audit(replace(plan, acts=(act,)), guarded, lexicon, voice.message)
    fault = ""
    kept: list[str] = []
    for sentence in split_sentences([wording.text]):
        violation = audit.check(sentence)
        if violation:
            fault = f"{violation.rule}: {violation.detail}"
            break
        kept.append(sentence)
    if not fault and audit.unsaid():
        fault = f"left out: {', '.join(audit.unsaid()[0].must_handles)}"
    if not fault and audit.lacks():
        fault = f"left out: {audit.lacks()}"
    if not kept or audit.unsaid() or audit.lacks():
        return None, fault
    return (replace(wording, text="".join(kept).strip(), coded="", ask="") if fault else wording), fault


def _is_models(act: Act, writer: Writer) -> bool:
    return act.kind not in FIXED and (bool(act.must) or (act.kind in TALK and writer.lexicon is not None))


def _again(voice: Voice, attempt: int = 1) -> Voice:
    """The same voice, for other words."""
    return replace(voice, seed=voice.seed + attempt)
