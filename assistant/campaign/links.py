"""Links in messages: where they lead, what the shop's statistics will call them, and the way out.

UTM parameters as Google Analytics and its peers read them: source, medium (the channel), campaign and
content (the variant). An unsubscribe link is signed, so that nobody can unsubscribe another.
"""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from itsdangerous import BadSignature, URLSafeSerializer

from shop.errors import ConfigError, NotAllowed
from shop.settings import Settings, load_secret

SOURCE = "regulars"
SALT = "regulars.unsubscribe"


def add_utm(url: str, channel: str, campaign: str, variant: str) -> str:
    """`url` with UTM parameters; what it already has of others stays. '' stays ''."""
    if not url:
        return ""
    parts = urlsplit(url)
    ours = {
        "utm_source": SOURCE,
        "utm_medium": channel,
        "utm_campaign": campaign,
        "utm_content": variant.lower().replace(" ", "-"),
    }
    kept = [(name, value) for name, value in parse_qsl(parts.query) if name not in ours]
    query = urlencode([*kept, *ours.items()])
    return urlunsplit((parts.scheme, parts.netloc, parts.path or "/", query, parts.fragment))


def unsubscribe_link(settings: Settings, customer_id: str) -> str:
    """This customer's own link out of marketing e-mail. Raises ConfigError without `unsubscribe_url`."""
    base = settings.unsubscribe_url.rstrip("/")
    if not base.startswith(("https://", "http://")):
        raise ConfigError(
            "unsubscribe_url is not set; set it in shop.toml to the address under which this server's "
            "/unsubscribe is reached, e.g. https://assistant.shop.example/unsubscribe"
        )
    return f"{base}/{_signer(settings).dumps(customer_id)}"


def read_unsubscribe_token(settings: Settings, token: str) -> str:
    """The customer whom an unsubscribe link belongs to. Raises NotAllowed for a forged one."""
    try:
        return str(_signer(settings).loads(token))
    except BadSignature as error:
        raise NotAllowed("this link is not complete; open it from the e-mail again") from error


def _signer(settings: Settings) -> URLSafeSerializer:
    return URLSafeSerializer(load_secret(settings), salt=SALT)
