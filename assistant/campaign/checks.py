"""What every campaign message must pass before it may be exported, each check red or green.

Reads the finished text a customer would get, not the plan it came from, so that a fault of the
writing (or of a person who edited it) cannot hide in it. Knows nothing of stores or files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from assistant.campaign.brand import Brand
from assistant.campaign.offers import Offer
from assistant.privacy import SENSITIVE
from assistant.records import short_name
from shop.formats import format_date, format_money
from shop.types import Consent, Product

SUBJECT_CHARACTERS = 50
SUBJECT_ON_PHONES = 35
PREHEADER_CHARACTERS = 90
SMS_CHARACTERS = 306
"""Two text messages in one (GSM 03.38: 153 characters each where joined)."""
BODY_WORDS = (20, 220)
UNSUBSCRIBE = "{{ unsubscribe }}"
STOP = "Reply STOP to opt out."

FIGURE = re.compile(r"\d+(?:[.,]\d+)*")
OFFER = re.compile(
    r"%|\b(discount|percent|free|voucher|coupon|promo|code|sale|offers?|deals?|sav(e|ings?)|"
    r"reduced|bargain|gratis|giveaway|cashback|refund)\b",
    re.IGNORECASE,
)
STRONGER = re.compile(r"%|\b(discount|percent|free|voucher|gratis|giveaway|cashback|refund|half)\b", re.I)
"""What a message with an offer may say only in the offer's own words."""
SPAM = re.compile(
    r"!!|\b(act now|urgent|guaranteed?|winner|congratulations|click here|buy now|limited time|"
    r"last chance|hurry|risk[- ]free|once in a lifetime|don't miss)\b",
    re.IGNORECASE,
)
OPEN_TAG = re.compile(r"\[[a-z0-9_]+(?:\.[a-z0-9_]+)?\]|[{}]+[^{}\n]{0,30}[{}]*")
CONSENTED = {
    "email": ("marketing e-mail", "marketing_email"),
    "sms": ("marketing texts", "marketing_sms"),
    "push": ("push messages", "marketing_push"),
}


@dataclass(frozen=True, slots=True)
class Check:
    """One check of a message: what it looks at, whether it passed, and what it saw."""

    name: str
    ok: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Fact:
    """Something true that the message uses: what it is, its value, and the record it stands in."""

    label: str
    value: str
    source: str


@dataclass(frozen=True, slots=True)
class ShownProduct:
    """A product in a message: as shown ('' where not known), and the reason given for it."""

    id: str
    title: str
    price: str
    why: str
    link: str = ""
    image: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """The words a customer gets: an e-mail has all four, a text message a body, a push message a
    subject (its title) and a preheader (its text)."""

    channel: str
    subject: str
    preheader: str
    body: str
    cta: str

    @property
    def whole(self) -> str:
        """All of it."""
        return "\n".join((self.subject, self.preheader, self.body, self.cta))


def check_message(
    text: Text,
    *,
    facts: Sequence[Fact],
    shown: Sequence[ShownProduct],
    products: Sequence[Product],
    consent: Consent,
    offer: Offer | None,
    brand: Brand,
    today: date,
    locale: str = "en_GB",
) -> tuple[Check, ...]:
    """All checks of one finished message, in the order a marketer reads them.

    `products` are the records as they are now of what the message is about, `shown` what it says of
    them; `offer` is the one it makes, as the shop allows it now.
    """
    values = [fact.value for fact in facts] + [product.title for product in products]
    own_words = _without(text.whole, values)
    checks = [
        _consent(consent, text.channel),
        *_lengths(text),
        _figures(text.whole, values),
        _prices(text.body, shown, products, locale),
        _products(products, needed=text.channel == "email"),
        _offer(text, offer, own_words, today, locale),
        _found_none("No spam words", SPAM, own_words, "none found"),
        _brand(text, brand),
        _found_none("Nothing sensitive", SENSITIVE, text.whole, "nothing private is alluded to"),
        _complete(text.whole),
    ]
    if text.channel == "email":
        if brand.disclaimer:
            stands = brand.disclaimer in text.body
            checks.append(Check("Disclaimer", stands, "stands in the text" if stands else "is missing"))
        stands = text.body.count(UNSUBSCRIBE) == 1
        detail = f"{UNSUBSCRIBE} stands in the text" if stands else f"{UNSUBSCRIBE} must stand there once"
        checks.append(Check("Unsubscribe link", stands, detail))
    elif text.channel == "sms":
        stands = STOP in text.body
        checks.append(
            Check("Way out", stands, f"“{STOP}” {'stands in the text' if stands else 'is missing'}")
        )
    return tuple(checks)


def _without(text: str, values: Iterable[str]) -> str:
    """`text` without the records' own words: a product may be called "Gift Voucher Holder"."""
    for value in sorted(set(values), key=len, reverse=True):
        if len(value) > 3:
            text = re.sub(re.escape(value), " ", text, flags=re.IGNORECASE)
            text = re.sub(re.escape(short_name(value)), " ", text, flags=re.IGNORECASE)
    return text.replace(UNSUBSCRIBE, " ")


def _consent(consent: Consent, channel: str) -> Check:
    words, field = CONSENTED[channel]
    allowed = bool(getattr(consent, field))
    where = f" ({consent.source})" if consent.source and allowed else ""
    return Check("Consent", allowed, f"{words} {'allowed' if allowed else 'not allowed'}{where}")


def _lengths(text: Text) -> list[Check]:
    if text.channel == "sms":
        size = len(text.body)
        parts = "fits one text message" if size <= 160 else "goes out as two text messages"
        return [Check("Length", 0 < size <= SMS_CHARACTERS, f"{size} characters, {parts}")]
    found = [
        _length("Subject length", text.subject, SUBJECT_CHARACTERS),
        _length("Preheader length", text.preheader, PREHEADER_CHARACTERS),
    ]
    if text.channel == "push":
        return [
            Check(c.name.replace("Subject", "Title").replace("Preheader", "Text"), c.ok, c.detail)
            for c in found
        ]
    count, (least, most) = len(text.body.split()), BODY_WORDS
    return [*found, Check("Body length", least <= count <= most, f"{count} words ({least} to {most})")]


def _length(name: str, text: str, most: int) -> Check:
    return Check(name, 0 < len(text) <= most, f"{len(text)} of {most} characters")


def _figures(text: str, values: Sequence[str]) -> Check:
    """Every figure of the text stands in a fact or a product named in this message."""
    backed = {figure for value in values for figure in FIGURE.findall(value)}
    loose = sorted({figure for figure in FIGURE.findall(text) if figure not in backed})
    detail = f"not in any record: {', '.join(loose)}" if loose else "every figure stands in a record"
    return Check("Figures backed", not loose, detail)


def _prices(body: str, shown: Sequence[ShownProduct], products: Sequence[Product], locale: str) -> Check:
    """Each product's own line gives its own price of today."""
    now = {p.id: format_money(p.price, locale) if p.price else "" for p in products}
    lines = body.splitlines()
    for product in shown:
        if product.id not in now:
            return Check("Prices right", False, f"{product.title} is no longer in the catalogue")
        if product.price != now[product.id]:
            price = now[product.id] or "not stated"
            return Check("Prices right", False, f"{product.title} now costs {price}: draft again")
        start = f"* {short_name(product.title)}"
        wanted = start + (f", {product.price}" if product.price else "")
        if any(line.startswith(start) for line in lines) and wanted not in lines:
            return Check("Prices right", False, f"{product.title} stands there with another price")
    return Check("Prices right", True, "as in the catalogue now" if shown else "no price is given")


def _products(products: Sequence[Product], *, needed: bool) -> Check:
    gone = [product.title for product in products if product.in_stock is False]
    if gone:
        return Check("Products available", False, f"out of stock: {', '.join(gone)}")
    unsaid = any(product.in_stock is None for product in products)
    detail = "not out of stock as far as the data says" if unsaid else "all in stock"
    if not products:
        return Check("Products available", not needed, "no product to show")
    return Check("Products available", True, detail)


def _offer(text: Text, offer: Offer | None, own_words: str, today: date, locale: str) -> Check:
    """Without an offer none is spoken of; with one it is the shop's, whole, and still good."""
    if offer is None:
        return _found_none("No invented offer", OFFER, own_words, "no offer is made")
    name = "Offer right"
    if offer.has_run_out(today):
        return Check(name, False, f"“{offer.text}” was good until {offer.until}: draft again without it")
    until = format_date(offer.until, locale) if offer.until else ""
    wanted = [
        offer.text,
        offer.code if text.channel != "push" else "",
        until if text.channel != "push" else "",
    ]
    missing = [part for part in wanted if part and part.lower() not in text.whole.lower()]
    if missing:
        return Check(name, False, f"does not say: {', '.join(missing)}")
    if found := sorted({match[0].lower() for match in STRONGER.finditer(own_words)}):
        return Check(name, False, f"promises more than the offer: {', '.join(found)}")
    return Check(name, True, f"{offer.text}{f', until {until}' if until else ''}, as the shop allows")


def _brand(text: Text, brand: Brand) -> Check:
    faults = brand.faults(text.whole)
    detail = f"against the brand voice: {', '.join(faults)}" if faults else "nothing against the brand voice"
    return Check("Brand voice", not faults, detail)


def _found_none(name: str, pattern: re.Pattern[str], text: str, fine: str) -> Check:
    found = sorted({match[0].lower() for match in pattern.finditer(text)})
    return Check(name, not found, f"found: {', '.join(found)}" if found else fine)


def _complete(text: str) -> Check:
    left = [tag.strip() for tag in OPEN_TAG.findall(text.replace(UNSUBSCRIBE, " "))]
    return Check(
        "Merge tags whole", not left, f"left open: {', '.join(left)}" if left else "none is left open"
    )
