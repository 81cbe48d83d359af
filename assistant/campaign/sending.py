"""Real delivery: a campaign's approved e-mails to the shop's mail server, one by one (SMTP, RFC 5321).

Only where it is asked for in so many words. Before a message is handed over it is kept as "sending",
afterwards as "sent", "bounced" (the server refuses this address for good) or "failed". A run that is
stopped goes on where it was; what was "sending" at that moment may have gone out and is never sent
twice, but reported. One refused address stops nobody else.
"""

from __future__ import annotations

import contextlib
import hashlib
import smtplib
import ssl
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from assistant.campaign.base import Campaign
from assistant.campaign.links import unsubscribe_link
from assistant.campaign.outgoing import Outgoing, as_sent, find_outgoing, first_ten, record_step
from assistant.campaign.render import build_email, sender_of
from shop.errors import ConfigError, NotAllowed, StoreError
from shop.settings import LOOPBACK, Settings

if TYPE_CHECKING:
    from assistant.chat import Assistant

TIMEOUT_S = 30.0
FAILURES_IN_A_ROW = 5
"""So many failures that are not the address's fault, one after the other, mean the server is not well."""
DONE = frozenset({"sent", "bounced"})


@dataclass(frozen=True, slots=True)
class SendReport:
    """What became of the messages. `unsure` were being handed over when an earlier run was stopped;
    `before` went out in earlier runs; `stopped_by` is '' or why the run ended early."""

    sent: int
    bounced: int
    failed: int
    before: int
    unsure: tuple[str, ...]
    refused: tuple[tuple[str, str], ...]
    stopped_by: str = ""

    def lines(self) -> list[str]:
        """The report for people."""
        found = [f"{self.sent:,} sent, {self.bounced:,} bounced, {self.failed:,} failed"]
        if self.before:
            found.append(f"{self.before:,} went out or bounced before and were not sent again")
        if self.unsure:
            found.append(
                f"{len(self.unsure):,} may or may not have gone out when an earlier run was stopped and were "
                f"not sent again: {', '.join(self.unsure[:10])}"
            )
        found += first_ten(self.refused)
        return [*found, f"Stopped early: {self.stopped_by}"] if self.stopped_by else found


def send_campaign(
    assistant: Assistant,
    campaign: Campaign,
    *,
    really: bool = False,
    by: str = "staff",
    progress: Callable[[int, int], None] | None = None,
) -> SendReport:
    """Send what is approved and was not sent yet, to real people.

    Raises NotAllowed unless `really`, ConfigError for settings that are missing, StoreError where the
    mail server cannot be reached.
    """
    settings = assistant.settings
    if not really:
        raise NotAllowed("nothing was sent; say that you really mean to send (--really)")
    if campaign.channel != "email":
        raise ConfigError(f"only e-mail is sent from here; export {campaign.channel} messages as csv")
    sender = sender_of(settings)[1]
    unsubscribe_link(settings, "")
    read_server(settings)
    going = find_outgoing(assistant, campaign)
    known = {message.customer_id: message.status for message in assistant.store.messages(campaign.id)}
    exported = sum(status == "exported" for status in known.values())
    if exported:
        raise NotAllowed(
            f"{exported:,} of these messages were exported to another mailing service; to send them here too "
            "would send them twice"
        )
    refused = list(going.refused)
    refused += [(one.customer.id, "no e-mail address") for one in going.messages if not one.customer.email]
    waiting = [
        one for one in going.messages if one.customer.email and known.get(one.customer.id) in (None, "failed")
    ]
    counts, stopped_by = Counter[str](), ""
    with _connected(settings) as server:
        failures = 0
        for done, one in enumerate(waiting, 1):
            status, why = _send_one(assistant, campaign, one, server, sender)
            counts[status] += 1
            failures = failures + 1 if status == "failed" else 0
            if why:
                refused.append((one.customer.id, why))
            if failures == FAILURES_IN_A_ROW:
                stopped_by = f"the mail server refused {failures} in a row ({why}); mend it and send again"
                break
            if progress is not None:
                progress(done, len(waiting))
    report = SendReport(
        counts["sent"],
        counts["bounced"],
        counts["failed"],
        sum(status in DONE for status in known.values()),
        tuple(id_ for id_, status in known.items() if status == "sending"),
        tuple(refused),
        stopped_by,
    )
    record_step(assistant, campaign, "sent", by, dict(counts))
    return report


def _send_one(
    assistant: Assistant, campaign: Campaign, one: Outgoing, server: _Server, sender: str
) -> tuple[str, str]:
    """Hand over one message: what became of it, and why where it did not go out."""
    settings, customer = assistant.settings, one.customer
    kept = as_sent(assistant, campaign, one, "sending")
    try:
        away = unsubscribe_link(settings, customer.id)
        id_ = f"{campaign.id}.{hashlib.sha256(customer.id.encode()).hexdigest()[:16]}"
        mail = build_email(one.draft, settings, customer.email, customer.name, away, id_)
    except ConfigError:
        assistant.store.put_messages([replace(kept, status="bounced")])
        return "bounced", "the address is not one"
    assistant.store.put_messages([kept])
    status, why = "sent", ""
    try:
        server.send(mail.as_bytes(), sender, customer.email)
    except smtplib.SMTPRecipientsRefused as error:
        code = next(iter(error.recipients.values()))[0]
        status, why = ("bounced" if code >= 500 else "failed"), f"the server refused the address ({code})"
    except smtplib.SMTPResponseException as error:
        status, why = "failed", f"the server answered {error.smtp_code}"
    except (smtplib.SMTPException, OSError) as error:
        # Handed over or not: the connection broke before the answer.
        lost = server.was_handed_over
        status, why = ("sending" if lost else "failed"), f"the connection broke ({type(error).__name__})"
    assistant.store.put_messages([replace(kept, status=status)])
    return ("failed" if status == "sending" else status), why


class _Server:
    """One connection to the mail server, made again where it broke."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._smtp: smtplib.SMTP | None = None
        self.was_handed_over = False

    def send(self, mail: bytes, sender: str, to: str) -> None:
        """Hand over one message; smtplib's errors pass through."""
        self.was_handed_over = False
        smtp = self.connect()
        try:
            smtp.ehlo_or_helo_if_needed()
            code, words = smtp.mail(sender)
            if code != 250:
                raise smtplib.SMTPSenderRefused(code, words, sender)
            code, words = smtp.rcpt(to)
            if code not in (250, 251):
                raise smtplib.SMTPRecipientsRefused({to: (code, words)})
            self.was_handed_over = True
            code, words = smtp.data(mail)
            if code != 250:
                raise smtplib.SMTPDataError(code, words)
        except smtplib.SMTPResponseException:
            self._reset(smtp)
            raise
        except smtplib.SMTPRecipientsRefused:
            self._reset(smtp)
            raise
        except (smtplib.SMTPException, OSError):
            self.close()
            raise

    def connect(self) -> smtplib.SMTP:
        """The open connection. Raises OSError or SMTPException."""
        if self._smtp is None:
            host, port, user, password, is_tls = read_server(self._settings)
            secure = ssl.create_default_context()
            smtp = (
                smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_S, context=secure)
                if is_tls
                else smtplib.SMTP(host, port, timeout=TIMEOUT_S)
            )
            smtp.ehlo()
            if not is_tls and smtp.has_extn("starttls"):
                smtp.starttls(context=secure)
                smtp.ehlo()
                is_tls = True
            if user and not is_tls and host not in LOOPBACK:
                raise ConfigError(f"{host} offers no encryption, so the password stays here; use smtps://")
            if user:
                smtp.login(user, password)
            self._smtp = smtp
        return self._smtp

    def _reset(self, smtp: smtplib.SMTP) -> None:
        try:
            smtp.rset()
        except (smtplib.SMTPException, OSError):
            self.close()

    def close(self) -> None:
        """Say goodbye, where there is still somebody to say it to."""
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                smtp.quit()


@contextlib.contextmanager
def _connected(settings: Settings) -> Iterator[_Server]:
    server = _Server(settings)
    try:
        server.connect()
    except smtplib.SMTPAuthenticationError as error:
        raise ConfigError("the mail server refuses the login; correct smtp in the settings") from error
    except (smtplib.SMTPException, OSError) as error:
        host = urlsplit(settings.smtp.get_secret_value()).hostname
        raise StoreError(
            f"the mail server {host} cannot be reached ({error}); nothing was sent, try again"
        ) from error
    try:
        yield server
    finally:
        server.close()


def read_server(settings: Settings) -> tuple[str, int, str, str, bool]:
    """Host, port, user, password and whether TLS comes first, out of `smtp`. Raises ConfigError."""
    spec = settings.smtp.get_secret_value()
    try:
        parts = urlsplit(spec)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ConfigError(
            "smtp is not set; set it (best as REGULARS_SMTP) to smtp://USER:PASSWORD@HOST:PORT, or export"
        )
    is_tls = parts.scheme == "smtps"
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return parts.hostname, port or (465 if is_tls else 587), user, password, is_tls
