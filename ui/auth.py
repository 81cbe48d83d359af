"""Who is asking: the shopper's signed cookie, the shop's customer tokens, the staff login, origins.

Identity comes from a signature made with the shop's secret and from nothing else: never from a
message, a plain parameter or a header. The one exception is the demo: a server that only this
machine can reach and that has no staff credentials lets visitors pick a sample customer and opens
the staff pages.

A shop signs its own customers in by sending them to `/shop?customer_token=TOKEN`, where its backend
makes TOKEN with `make_customer_token(secret, customer_id)`: itsdangerous' URLSafeTimedSerializer,
salt "regulars.customer", good for ten minutes.
"""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from itsdangerous import BadSignature, URLSafeTimedSerializer

from shop.errors import ConfigError, NotAllowed
from shop.settings import Settings, load_secret

SHOPPER_COOKIE = "regulars_shopper"
STAFF_COOKIE = "regulars_staff"
SHOPPER_AGE_S = 30 * 24 * 3600
STAFF_AGE_S = 12 * 3600
CUSTOMER_TOKEN_AGE_S = 600
STAFF_PATHS = ("/support", "/marketing", "/insight", "/api/staff")


@dataclass(frozen=True, slots=True)
class Visitor:
    """What a shopper's cookie says: which conversation, and which customer ('' for a guest)."""

    conversation_id: str = ""
    customer_id: str = ""


def make_customer_token(secret: bytes, customer_id: str) -> str:
    """A token with which a shop's backend vouches for one of its customers."""
    return URLSafeTimedSerializer(secret, salt="regulars.customer").dumps(customer_id)


class Auth:
    """Signs and reads cookies and tokens for one shop."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._secret = load_secret(settings)
        self._shopper = URLSafeTimedSerializer(self._secret, salt="regulars.shopper")
        # With the password in the key, a new password ends every session.
        password = settings.staff_password.get_secret_value().encode()
        self._staff = URLSafeTimedSerializer(self._secret + password, salt="regulars.staff")
        self._customer = URLSafeTimedSerializer(self._secret, salt="regulars.customer")

    @property
    def has_staff_login(self) -> bool:
        """Whether staff have to log in."""
        return has_staff_login(self.settings)

    @property
    def is_demo(self) -> bool:
        """Whether visitors may pick who they are: only this machine can reach us, nobody logs in."""
        return self.settings.on_loopback and not self.has_staff_login

    def write_visitor(self, visitor: Visitor) -> str:
        """The cookie's value for `visitor`."""
        return self._shopper.dumps([visitor.conversation_id, visitor.customer_id])

    def read_visitor(self, cookies: Mapping[str, str]) -> Visitor:
        """The visitor a request's cookie speaks for; a forged or old cookie is a new guest."""
        try:
            conversation, customer = self._shopper.loads(cookies.get(SHOPPER_COOKIE, ""), SHOPPER_AGE_S)
            return Visitor(str(conversation), str(customer))
        except (BadSignature, ValueError, TypeError):
            return Visitor()

    def read_customer_token(self, token: str) -> str:
        """The customer a shop's token vouches for; raises NotAllowed."""
        try:
            return str(self._customer.loads(token, CUSTOMER_TOKEN_AGE_S))
        except BadSignature as error:
            raise NotAllowed(
                "this sign-in link is not valid or has run out; sign in on the shop's page again"
            ) from error

    def log_in(self, user: str, password: str) -> str | None:
        """A staff cookie's value, or None where user and password are not the ones in settings."""
        good_user = hmac.compare_digest(user.encode(), self.settings.staff_user.encode())
        expected = self.settings.staff_password.get_secret_value().encode()
        good_password = hmac.compare_digest(password.encode(), expected)
        if self.has_staff_login and good_user and good_password:
            return self._staff.dumps(user)
        return None

    def staff(self, cookies: Mapping[str, str]) -> str | None:
        """The name of the member of staff who asks, or None where they have to log in first."""
        if not self.has_staff_login:
            return "demo" if self.settings.on_loopback else None
        try:
            user = str(self._staff.loads(cookies.get(STAFF_COOKIE, ""), STAFF_AGE_S))
        except BadSignature:
            return None
        return user if user == self.settings.staff_user else None


def has_staff_login(settings: Settings) -> bool:
    """Whether settings name a staff user and a password."""
    return bool(settings.staff_user and settings.staff_password.get_secret_value())


def check_exposure(settings: Settings) -> None:
    """Refuse to serve staff pages to other machines without a login."""
    if not settings.on_loopback and not has_staff_login(settings):
        raise ConfigError(
            f"other machines could open the staff pages at {settings.host}; set staff_user and "
            "staff_password (REGULARS_STAFF_USER, REGULARS_STAFF_PASSWORD), or use host 127.0.0.1"
        )


def host_is_local(host_header: str) -> bool:
    """Whether a Host header names this machine or a name no stranger can own.

    A page elsewhere can point its own domain at 127.0.0.1 (DNS rebinding) and would then count as
    the same origin; such a domain has a dot in it, and an open demo refuses it.
    """
    name = urlsplit(f"//{host_header}").hostname or ""
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return "." not in name


def origin_is_own(headers: Mapping[str, str], allowed_origins: tuple[str, ...]) -> bool:
    """Whether a request that changes something comes from our own pages or an allowed origin.

    Browsers send Origin with every such request; a client without one carries no cookies of others.
    """
    origin = headers.get("origin")
    if origin is None:
        return headers.get("sec-fetch-site", "same-origin") in {"same-origin", "none"}
    if origin in allowed_origins:
        return True
    return urlsplit(origin).netloc in {headers.get("host"), headers.get("x-forwarded-host")} - {None, ""}


def local_path(path: str) -> str:
    """`path` where it stays on this server, else the support page: no open redirects."""
    ok = path.startswith("/") and not path.startswith(("//", "/\\")) and "\n" not in path
    return path if ok else "/support/"
