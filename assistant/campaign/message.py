"""One message for one customer: an e-mail, a text message or a push notification, part by part.

Every part is a plan act, worded by the model or the templates, so each figure and name comes from a
record. The parts of many messages are worded together, which is many times quicker than one message
after the other. Where a check fails on the model's words the templates speak, and where it fails on
theirs the message falls back to one that uses nothing of the customer's history.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from assistant.campaign.checks import (
    PREHEADER_CHARACTERS,
    SMS_CHARACTERS,
    STOP,
    SUBJECT_CHARACTERS,
    UNSUBSCRIBE,
    Check,
    Fact,
    ShownProduct,
    Text,
    check_message,
)
from assistant.campaign.material import Job, Material, evidence_slots, gather
from assistant.delivery import Line, Said
from assistant.plan import Act, Record
from assistant.records import short_name
from assistant.support.records import say_acts, sentence_case, stable_seed
from assistant.writers.base import Voice
from assistant.writers.composer import fullest_slots
from shop.formats import format_money

if TYPE_CHECKING:
    from assistant.chat import Assistant

TRIES = 12
TAUGHT = frozenset(
    {"mail_subject", "mail_subject_product", "mail_subject_neutral", "mail_preheader", "sms_winback"}
    | {"mail_preheader_neutral", "mail_opening", "mail_opening_product", "mail_opening_neutral"}
    | {"mail_lead_one", "mail_lead_many", "mail_closing", "mail_cta", "mail_offer", "sms_offer"}
    | {"mail_subject_offer", "mail_preheader_offer", "mail_cta_offer"}
)
"""Acts the shipped model was taught to word; the others are the templates' to say."""
MISREAD = re.compile(r"^from your (?:\w+ )?(?:orders|purchases):", re.I)


@dataclass(frozen=True, slots=True)
class Written:
    """A finished message with the facts it used and how it fared in the checks. `handled_by` is "model",
    "mixed" (some parts the templates') or "composer"."""

    text: Text
    facts: tuple[Fact, ...]
    products: tuple[ShownProduct, ...]
    checks: tuple[Check, ...]
    handled_by: str
    neutral: bool

    @property
    def ok(self) -> bool:
        """Whether every check is green."""
        return all(check.ok for check in self.checks)


def write_messages(assistant: Assistant, jobs: Sequence[Job]) -> list[Written]:
    """The messages of some jobs, with no reference to anything dated after the shop's date."""
    drafts = [_Composition(assistant, gather(assistant, job)) for job in jobs]
    lines = [dict(draft.lines()) for draft in drafts]
    taught = [line for own in lines for line in own.values() if line.act.kind in TAUGHT]
    said = iter(assistant.speaker.say_all(taught))
    written = []
    for draft, own in zip(drafts, lines, strict=True):
        parts = {
            name: next(said) if line.act.kind in TAUGHT else draft.said(line) for name, line in own.items()
        }
        written.append(_best(assistant, draft, parts))
    return written


def _best(assistant: Assistant, draft: _Composition, parts: Mapping[str, Said]) -> Written:
    """The message with these parts; where a check fails the templates', then the neutral one."""
    first = draft.put_together(parts)
    if first.ok:
        return first
    plain = draft.put_together({name: draft.said(line) for name, line in draft.lines()})
    if plain.ok or draft.material.job.neutral:
        return plain
    bare = replace(draft.material.job, neutral=True)
    neutral = _Composition(assistant, gather(assistant, bare))
    last = neutral.put_together({name: neutral.said(line) for name, line in neutral.lines()})
    return last if last.ok else plain


@dataclass(frozen=True, slots=True)
class _Composition:
    """One message being put together."""

    assistant: Assistant
    material: Material

    def lines(self) -> Iterator[tuple[str, Line]]:
        """The parts to be worded, by name; greeting, signature and the reasons, which are facts from
        end to end, are always the templates'."""
        if self.material.job.channel == "sms":
            yield "body", self._line(self._sms(), SMS_CHARACTERS - len(STOP) - 1)
            return
        yield "subject", self._line(next(self._subjects()), SUBJECT_CHARACTERS)
        yield "preheader", self._line(next(self._preheaders()), PREHEADER_CHARACTERS)
        if self.material.job.channel == "push":
            return
        yield "opening", self._line(self._opening())
        if self.material.job.offer:
            slots = {"offer": "[offer]", "code": "[offer.code]", "until": "[offer.until]"}
            yield "offer", self._line(Act("mail_offer", self._known(slots)))
        if self.material.picks:
            yield "lead", self._line(Act(self._lead()))
        contact = self._known({"contact": "[shop.contact]"})
        yield "closing", self._line(Act("mail_closing", contact))
        yield "cta", self._line(Act("mail_cta_offer" if self.material.job.offer else "mail_cta"))

    def said(self, line: Line) -> Said:
        """A part in the templates' words: the first that fits and the brand has nothing against."""
        text = ""
        for attempt in range(TRIES):
            text = self._say(line.act, salt=str(attempt) if attempt else "")
            if len(text) <= line.most_characters and not line.faults(text):
                break
        return Said(text, None)

    def put_together(self, said: Mapping[str, Said]) -> Written:
        """The finished and checked message."""
        material, job = self.material, self.material.job
        texts = {name: sentence_case(part.text) for name, part in said.items()}
        for name, most, acts in (
            ("subject", SUBJECT_CHARACTERS, self._subjects),
            ("preheader", PREHEADER_CHARACTERS, self._preheaders),
        ):
            if len(texts.get(name, "")) > most:
                texts[name] = self._fit(list(acts()), most)
        products = tuple(self._products()) if job.channel == "email" else ()
        text = Text(job.channel, texts.get("subject", ""), texts.get("preheader", ""), "", "")
        if job.channel == "email":
            text = replace(text, body=self._body(products, texts), cta=texts["cta"])
        elif job.channel == "sms":
            text = replace(text, body=f"{texts['body']} {STOP}")
        facts = tuple(material.facts())
        checks = check_message(
            text,
            facts=facts,
            shown=products,
            products=[pick.product for pick in material.picks],
            consent=job.customer.consent,
            offer=job.offer,
            brand=job.brand,
            today=material.settings.current_date,
            locale=material.settings.locale,
        )
        by_model = sum(part.wording is not None for part in said.values())
        by = "model" if by_model == len(said) else "mixed" if by_model else "composer"
        return Written(text, facts, products, checks, by, not material.orders)

    # -- parts -----------------------------------------------------------------------------------

    def _body(self, products: Sequence[ShownProduct], texts: Mapping[str, str]) -> str:
        brand = self.material.job.brand
        first = {"first_name": "[customer.first_name]"} if self.material.job.customer.first_name else {}
        greeting = Act("mail_greeting" if first else "mail_greeting_neutral", first)
        parts = [self._say(greeting), texts["opening"]]
        if "offer" in texts:
            parts.append(texts["offer"])
        if products:
            parts.append(texts["lead"])
        for product in products:
            line = f"* {short_name(product.title)}" + (f", {product.price}" if product.price else "")
            parts.append("\n  ".join(part for part in (line, product.why, product.link) if part))
        if self.material.link:
            parts.append(f"{texts['cta']}: {self.material.link}")
        parts.append(texts["closing"])
        parts.append(self._say(Act("mail_signature", {"shop": "[shop]"})))
        if brand.disclaimer:
            parts.append(brand.disclaimer)
        parts.append(f"Unsubscribe: {UNSUBSCRIBE}")
        return "\n\n".join(parts)

    def _own(self, part: str) -> str:
        """The act that says this part of the goal, where the goal has one and its matter is there."""
        goal = self.material.job.goal
        speaks_of_history = goal.name not in ("launch",)
        if not goal.act or not self.material.fits_goal or (speaks_of_history and not self.material.orders):
            return ""
        return f"{part}{goal.act}"

    def _opening(self) -> Act:
        material = self.material
        if own := self._own("mail_opening"):
            slots = {
                "last": "[due.date]" if material.job.goal.picks == "due" else "[last.date]",
                "bought": "[last.bought]",
                "product": "[1]",
                "every_days": "[due.every_days]",
                "orders": "[customer.orders]",
                "since": "[customer.since]",
                "shop": "[shop]",
            }
            return Act(own, self._known(slots))
        if not material.orders:
            return Act("mail_opening_neutral")
        slots = self._known({"last": "[last.date]", "bought": "[last.bought]"})
        return Act("mail_opening_product" if "bought" in slots else "mail_opening", slots)

    def _lead(self) -> str:
        if self.material.job.goal.picks == "chosen":
            return "mail_lead_launch"
        return "mail_lead_one" if len(self.material.picks) == 1 else "mail_lead_many"

    def _subjects(self) -> Iterator[Act]:
        """Subjects to try, the variant's own first; the last always fits."""
        style = self.material.job.variant.subject
        shop = {"shop": "[shop]"}
        if own := self._own("mail_subject"):
            product = "[last.bought]" if self.material.job.goal.picks == "last order" else "[1]"
            if style != "shop" and "{product}" in self._phrases(own):
                yield Act(own, self._known({"product": product}))
            yield Act(own, shop)
            yield Act(own)
        elif self.material.orders:
            if style == "bought" and (slots := self._known({"product": "[last.bought]"})):
                yield Act("mail_subject_product", slots)
            if style != "shop" and (slots := self._known({"topic": "[customer.topic]"})):
                yield Act("mail_subject", slots)
            yield Act("mail_subject", shop)
            yield Act("mail_subject")
        yield Act("mail_subject_neutral", shop)
        yield Act("mail_subject_neutral")

    def _phrases(self, kind: str) -> str:
        from assistant.writers.composer import load_phrases

        return " ".join(load_phrases(self.material.settings.locale.split("_")[0]).get(kind, ()))

    def _preheaders(self) -> Iterator[Act]:
        if self.material.job.offer:
            slots = {"offer": "[offer]", "until": "[offer.until]", "code": "[offer.code]"}
            yield Act("mail_preheader_offer", self._known(slots))
            yield Act("mail_preheader_offer", {"offer": "[offer]"})
        kind = "mail_preheader" if self.material.orders else "mail_preheader_neutral"
        if self.material.job.goal.picks == "chosen":
            kind = "mail_preheader_launch"
        if self.material.picks:
            yield Act(kind, {"product": "[1]"})
        yield Act(kind)

    def _sms(self) -> Act:
        slots = self._known({"shop": "[shop]", "first_name": "[customer.first_name]", "link": "[link]"})
        if self.material.job.offer:
            offer = self._known({"offer": "[offer]", "code": "[offer.code]", "until": "[offer.until]"})
            return Act("sms_offer", slots | offer)
        more = self._known({"product": "[1]", "orders": "[customer.orders]"})
        return Act(self._own("sms") or "sms_winback", slots | more)

    def _products(self) -> Iterator[ShownProduct]:
        settings = self.material.settings
        for pick in self.material.picks:
            product = pick.product
            price = format_money(product.price, settings.locale) if product.price else ""
            why = ""
            for reason in self.material.sayable(pick)[:1]:
                evidence = self.material.evidence(reason)
                if reason.code == "due_again" and "date" in evidence:
                    evidence.pop("title", None)  # the product itself
                act = Act(f"mail_why_{reason.code}", evidence_slots(evidence))
                why = self._say(act, [Record("why", "reason", "", evidence)], salt=product.id)
            link = self.material.linked(product.url)
            yield ShownProduct(product.id, product.title, price, why, link, product.image_url)

    # -- wording ---------------------------------------------------------------------------------

    def _known(self, slots: Mapping[str, str]) -> dict[str, str]:
        """Those of `slots` that a record has something for."""
        records = self.material.records
        found = {}
        for name, handle in slots.items():
            key, _, field = handle.strip("[]").partition(".")
            record = records.get(key)
            if record is not None and record.fields.get(field or "name"):
                found[name] = handle
        return found

    def _line(self, act: Act, most_characters: int = 1000) -> Line:
        """`act` with all that a phrase can say of it as its must-say."""
        settings, job = self.material.settings, self.material.job
        slots = fullest_slots(act, settings.locale)
        act = Act(act.kind, {slot: act.slots[slot] for slot in slots}, slots)
        records = tuple(self.material.records.values())
        voice = Voice(settings.name, settings.locale, self._seed(act), tone=job.variant.tone)
        return Line(act, records, voice, most_characters, self._faults)

    def _faults(self, text: str) -> list[str]:
        """What the brand has against `text`, and wordings that read as if a suggestion had been ordered."""
        misread = ["says that it was ordered"] if MISREAD.search(text) else []
        return [*self.material.job.brand.faults(text), *misread]

    def _seed(self, act: Act, salt: str = "") -> int:
        job = self.material.job
        again = str(job.attempt) if job.attempt else ""
        return stable_seed(f"{job.customer.id}{act.kind}{salt}{again}")

    def _say(self, act: Act, records: Sequence[Record] = (), salt: str = "") -> str:
        """`act` in the templates' words."""
        known = [*self.material.records.values(), *records]
        return say_acts([act], known, self.material.settings, self._seed(act, salt))

    def _fit(self, acts: list[Act], most: int) -> str:
        """The first wording of at most `most` characters, trying several phrasings of each act."""
        faults = self.material.job.brand.faults
        text = ""
        for act in acts:
            for attempt in range(TRIES):
                text = self._say(act, salt=str(attempt))
                if len(text) <= most and not faults(text):
                    return text
        return text
