"""Settings of one shop: environment (REGULARS_*) over `shop.toml` over the defaults below.

Every setting has the same name in both places (`REGULARS_MODEL_TIMEOUT_S` = `model_timeout_s`).
Backends are spec strings; the file whose job it is reads the rest of the string:
`database` sqlite:///… or postgresql+psycopg://…; `vectors` chroma:DIR, chroma:http://HOST:PORT,
file:DIR or memory:; `embedder` minilm or hash:; `model` local:NAME[?adapter=DIR], reference:NAME,
openai:URL#NAME, scripted: or none: (templates only).
"""

from __future__ import annotations

import os
import secrets
import tomllib
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from shop.errors import ConfigError

ORDER = "Order Completed"
ENGAGEMENT_WEIGHTS = {
    ORDER: 10.0,
    "Product Reviewed": 5.0,
    "Product Added": 3.0,
    "Product Added to Wishlist": 3.0,
    "Email Link Clicked": 2.0,
    "Message Sent": 2.0,
    "Products Searched": 1.0,
    "Product Viewed": 1.0,
    "Email Opened": 0.5,
}
"""How much an act counts usually, by Segment's event names; one without a weight counts nothing."""
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class Settings(BaseSettings):
    """One shop's settings; build with `load_settings`."""

    model_config = SettingsConfigDict(env_prefix="REGULARS_", extra="forbid", frozen=True)

    shop: Path = Field(Path("shop-data"), description="working folder of the shop")
    name: str = Field("our shop", description="the shop's name, as shoppers know it")
    locale: str = Field("en_GB", description="language and number forms, e.g. en_GB, en_US, de_DE")
    currency: str = Field("GBP", description="ISO 4217 code used where a file names none")
    today: date | None = Field(None, description="the shop's date; None is the real one")
    contact: str = Field("", description="how shoppers reach a person: e-mail address or phone")

    url: str = Field("", description="the shop's address on the web, for the links in messages")
    mail_from: str = Field("", description="the sender of campaign e-mails, as `Shop <news@shop.example>`")
    smtp: SecretStr = Field(SecretStr(""), description="smtp://USER:PASSWORD@HOST:PORT or smtps://…")
    unsubscribe_url: str = Field("", description="where this server's /unsubscribe is reached from outside")

    database: str = ""
    vectors: str = ""
    embedder: str = "minilm"
    model: str = "local:smollm2"
    model_prompt: Literal["auto", "codes", "examples"] = Field(
        "auto", description="how acts are put to the model: codes for one fine-tuned here, else examples"
    )
    model_timeout_s: float = Field(8.0, gt=0, le=600)
    model_max_tokens: int = Field(96, gt=0, le=4096)

    recommend_pins: tuple[str, ...] = Field((), description="ids of products recommended first")
    recommend_block: tuple[str, ...] = Field((), description="ids or categories never recommended")
    recommend_per_category: int = Field(2, ge=1, le=100, description="most of one category in a list")
    churn_days: int = Field(
        90, ge=7, le=730, description="a customer without an order for so many days has lapsed"
    )
    engagement_weights: dict[str, float] = Field(
        default_factory=dict, description="what an act counts, by event name; others as usual"
    )
    engagement_half_life_days: float = Field(30.0, gt=0, le=3650)
    segments: dict[str, str] = Field(
        default_factory=dict, description="the shop's own segments: a rule by name (docs/insight.md)"
    )

    host: str = "127.0.0.1"
    port: int = Field(8700, ge=1, le=65535)
    secret: SecretStr = SecretStr("")
    staff_user: str = ""
    staff_password: SecretStr = SecretStr("")
    allowed_origins: tuple[str, ...] = ()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment wins over what `load_settings` passes in from `shop.toml`."""
        return env_settings, init_settings

    @property
    def database_url(self) -> str:
        """SQLAlchemy URL; by default a SQLite file in the shop folder."""
        return self.database or f"sqlite:///{self.shop / 'shop.db'}"

    @property
    def vectors_spec(self) -> str:
        """Vector store spec; by default a Chroma folder in the shop folder."""
        return self.vectors or f"chroma:{self.shop / 'vectors'}"

    @property
    def histories_spec(self) -> str:
        """Where customers' history vectors are kept: a folder is not the products' own, so that to note
        what a customer just did never waits for `regulars index`.
        """
        kind, _, place = self.vectors_spec.partition(":")
        in_folder = kind in {"chroma", "file"} and not place.startswith(("http://", "https://"))
        return f"{kind}:{place}-customers" if in_folder else self.vectors_spec

    @property
    def act_weights(self) -> dict[str, float]:
        """What every act counts for engagement: the usual weights with the shop's own over them."""
        return ENGAGEMENT_WEIGHTS | self.engagement_weights

    @property
    def on_loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        return self.host in LOOPBACK

    @property
    def current_date(self) -> date:
        """The shop's date: `today` where set (sample data is historic), else the real one."""
        return self.today or date.today()

    @property
    def current_time(self) -> datetime:
        """This moment of the day on the shop's date."""
        now = datetime.now(UTC)
        return datetime.combine(self.today, now.timetz()) if self.today else now


def load_settings(shop: Path | str | None = None, **overrides: Any) -> Settings:
    """Settings of the shop folder `shop` (default: REGULARS_SHOP, else ./shop-data).

    Raises ConfigError with one sentence naming the setting and where it stands.
    """
    folder = Path(shop or os.environ.get("REGULARS_SHOP") or "shop-data")
    file = folder / "shop.toml"
    values: dict[str, Any] = {}
    if file.is_file():
        try:
            values = tomllib.loads(file.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
            raise ConfigError(f"{file} cannot be read as TOML ({error}); mend or remove it") from error
    values |= overrides
    try:
        # The folder asked for wins over REGULARS_SHOP, so that --shop does what it says.
        return Settings(**values).model_copy(update={"shop": folder, **overrides})
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise ConfigError(
            f"setting {key!r} ({file} or REGULARS_{key.upper()}): {first['msg']}; correct it"
        ) from error


def load_secret(settings: Settings) -> bytes:
    """The key that signs tokens: the setting, else one made once and kept in the shop folder."""
    if settings.secret.get_secret_value():
        return settings.secret.get_secret_value().encode()
    file = settings.shop / "secret"
    if not file.exists():
        settings.shop.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(32), encoding="ascii")
    return file.read_bytes()
