"""A message as the customer's mail program shows it: e-mail HTML, and a whole e-mail with headers.

The HTML is a table layout with styles in place, as mail programs want it, and is what the preview
shows. Knows nothing of stores; `{{ unsubscribe }}` stays where it is unless a link is given.
"""

from __future__ import annotations

from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime, parseaddr
from functools import cache
from importlib.resources import files

import jinja2

from assistant.campaign.base import moment_of
from assistant.campaign.checks import UNSUBSCRIBE, ShownProduct
from assistant.campaign.drafts import Draft
from assistant.records import short_name
from shop.errors import ConfigError
from shop.settings import Settings


@dataclass(frozen=True, slots=True)
class Block:
    """One piece of a body: "text", "good", "button" or "foot"."""

    kind: str
    text: str
    product: ShownProduct | None = None
    link: str = ""


def blocks_of(draft: Draft) -> list[Block]:
    """The body's paragraphs, products and button in order."""
    goods = {f"* {short_name(product.title)}": product for product in draft.products}
    found = []
    for paragraph in draft.text.body.split("\n\n"):
        first = paragraph.split("\n")[0]
        good = next((p for start, p in goods.items() if first in (start, f"{start}, {p.price}")), None)
        lead, _, link = paragraph.rpartition(": ")
        if good is not None:
            found.append(Block("good", paragraph, good))
        elif UNSUBSCRIBE in paragraph:
            found.append(Block("foot", paragraph))
        elif link.startswith(("https://", "http://")) and " " not in link and lead == draft.text.cta:
            found.append(Block("button", lead, link=link))
        else:
            found.append(Block("text", paragraph))
    return found


def email_html(draft: Draft, settings: Settings, unsubscribe: str = "") -> str:
    """The e-mail's HTML; with `unsubscribe` the tag is replaced by that link."""
    return _template().render(
        draft=draft,
        blocks=blocks_of(draft),
        shop=settings.name,
        lang=settings.locale.split("_")[0],
        unsubscribe=unsubscribe,
    )


def email_text(draft: Draft, unsubscribe: str = "") -> str:
    """The e-mail's plain text; with `unsubscribe` the tag is replaced by that link."""
    return draft.text.body.replace(UNSUBSCRIBE, unsubscribe or UNSUBSCRIBE)


class _MailPolicy(EmailPolicy):
    """E-mail as it travels, links and ids in headers left whole.

    The library folds a word of more than a line by encoding it, and no mail program reads an encoded
    List-Unsubscribe (RFC 2047, 5 (3): no encoded word outside text).
    """

    def fold(self, name: str, value: str) -> str:
        whole = name in {"List-Unsubscribe", "Message-ID"}
        return f"{name}: {value}{self.linesep}" if whole else super().fold(name, value)

    def fold_binary(self, name: str, value: str) -> bytes:
        return self.fold(name, value).encode("ascii", "surrogateescape")


_MAIL = _MailPolicy(linesep="\r\n")


def build_email(
    draft: Draft, settings: Settings, to: str, name: str, unsubscribe: str, id_: str
) -> EmailMessage:
    """A whole e-mail with the headers that one-click unsubscribing needs (RFC 8058).

    Raises ConfigError where `mail_from` or the customer's address is none.
    """
    message = EmailMessage(policy=_MAIL)
    sender_name, sender = sender_of(settings)
    message["From"] = Address(sender_name, addr_spec=sender)
    try:
        message["To"] = Address(name, addr_spec=to)
    except Exception as error:  # the library raises several kinds, some of them its own
        raise ConfigError(f"{to!r} is no e-mail address; correct it in the customer's record") from error
    message["Subject"] = draft.text.subject
    message["Date"] = format_datetime(moment_of(settings))
    message["Message-ID"] = f"<{id_}@{sender.rpartition('@')[2]}>"
    message["List-Unsubscribe"] = f"<{unsubscribe}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(email_text(draft, unsubscribe))
    message.add_alternative(email_html(draft, settings, unsubscribe), subtype="html")
    return message


def sender_of(settings: Settings) -> tuple[str, str]:
    """Name and address that e-mails come from. Raises ConfigError where none is set."""
    name, address = parseaddr(settings.mail_from)
    local, at, domain = address.partition("@")
    if not (local and at and "." in domain):
        raise ConfigError(
            "mail_from is not set; set it in shop.toml to who sends, e.g. `Shop <news@shop.example>`"
        )
    return name or settings.name, address


@cache
def _template() -> jinja2.Template:
    source = (files("assistant.campaign") / "email.html").read_text(encoding="utf-8")
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    return environment.from_string(source)
