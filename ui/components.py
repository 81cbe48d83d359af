"""What the three pages share: theme, style sheet, words, and how one product looks.

Knows how things look and nothing of where they come from. Everything a shop or a customer wrote is
escaped here or handed on as plain data; no markup is ever taken from a record.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zlib import crc32

from assistant.events import Card
from shop.formats import format_count, format_money
from shop.settings import Settings
from shop.types import Money

STATIC = Path(__file__).parent / "static"
TEXTS = Path(__file__).parent / "texts"

HUES: Mapping[str, int] = {
    "red": 4,
    "pink": 338,
    "rose": 345,
    "orange": 26,
    "brown": 24,
    "gold": 44,
    "yellow": 48,
    "cream": 42,
    "ivory": 42,
    "green": 140,
    "mint": 160,
    "turquoise": 176,
    "teal": 178,
    "blue": 212,
    "navy": 222,
    "purple": 272,
    "lilac": 276,
    "lavender": 262,
}
"""Hue of the placeholder's paper where the product states a colour, in degrees."""


@cache
def load_texts(locale: str) -> Mapping[str, str]:
    """Interface words for `locale` ('de_AT' reads de.json); English where a language has none."""
    file = TEXTS / f"{re.split('[-_]', locale)[0].lower()}.json"
    words: dict[str, str] = json.loads((TEXTS / "en.json").read_text(encoding="utf-8"))
    if file.is_file():
        words |= json.loads(file.read_text(encoding="utf-8"))
    return words


def theme() -> Any:
    """The Gradio theme of every page: system fonts (no font host is ever asked), our colours."""
    import gradio as gr

    fonts = ("ui-sans-serif", "system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif")
    return gr.themes.Base(
        primary_hue=gr.themes.colors.teal,
        secondary_hue=gr.themes.colors.teal,
        neutral_hue=gr.themes.colors.stone,
        radius_size=gr.themes.sizes.radius_lg,
        text_size=gr.themes.sizes.text_md,
        font=fonts,
        font_mono=("ui-monospace", "SFMono-Regular", "Menlo", "monospace"),
    ).set(
        body_background_fill="#faf7f2",
        body_text_color="#23282d",
        body_text_color_subdued="#5c6166",
        block_background_fill="#ffffff",
        block_border_color="#e6dfd4",
        border_color_primary="#d9d1c4",
        input_background_fill="#ffffff",
        button_primary_background_fill="#0f5f57",
        button_primary_background_fill_hover="#0b4a44",
        button_primary_text_color="#ffffff",
        button_secondary_background_fill="#ffffff",
        button_secondary_background_fill_hover="#f3eee5",
        button_secondary_border_color="#d9d1c4",
        button_secondary_text_color="#23282d",
    )


def css() -> str:
    """The style sheet of every page."""
    return (STATIC / "regulars.css").read_text(encoding="utf-8")


@cache
def _pictures() -> tuple[tuple[re.Pattern[str], str], ...]:
    """(words that name a kind of thing, line drawing of it), first match wins."""
    drawings = json.loads((STATIC / "pictures.json").read_text(encoding="utf-8"))
    return tuple((re.compile(rf"\b(?:{each['words']})", re.I), each["path"]) for each in drawings)


def placeholder_svg(title: str, category: str = "", colour: str = "") -> str:
    """A drawing that stands where a product has no picture: kind by words, paper by colour.

    The same product always gets the same drawing. Square, 240 units; holds no text of the product.
    """
    *kinds, (_, tag) = _pictures()
    path = next((path for text in (title, category) for words, path in kinds if words.search(text)), tag)
    seed = crc32(title.casefold().encode())
    words = re.findall(r"[a-z]+", f"{colour} {title}".casefold())
    hue = next((HUES[word] for word in words if word in HUES), (seed % 24) * 15)
    plain = any(word in {"white", "black", "grey", "gray", "silver"} for word in words)
    tint = 14 if plain and not any(word in HUES for word in words) else 46
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 240 240" role="presentation">'
        f'<defs><linearGradient id="g" x1="0" y1="0" x2="1" y2="1">'
        f'<stop offset="0" stop-color="hsl({hue} {tint}% 95%)"/>'
        f'<stop offset="1" stop-color="hsl({(hue + 24) % 360} {tint}% 86%)"/></linearGradient></defs>'
        '<rect width="240" height="240" fill="url(#g)"/>'
        f'<circle cx="{40 + seed % 160}" cy="{30 + seed // 160 % 40}" r="86" fill="#fff" opacity=".28"/>'
        f'<circle cx="120" cy="120" r="66" fill="#fff" opacity=".62"/>'
        f'<g transform="translate(75 75) scale(3.75)" fill="none" stroke="hsl({hue} {tint}% 30%)" '
        f'stroke-width="1.35" stroke-linecap="round" stroke-linejoin="round">{path}</g></svg>'
    )


def picture_uri(title: str, category: str = "", colour: str = "") -> str:
    """`placeholder_svg` as a data URI for an `<img>`."""
    return f"data:image/svg+xml,{quote(placeholder_svg(title, category, colour))}"


def show_money(money: Money | None, settings: Settings) -> str:
    """'£1.65', or '' where there is no price."""
    return "" if money is None else format_money(money, settings.locale)


def own_picture(url: str, settings: Settings) -> str:
    """`url` where it is one of the shop's own hosts, else ''.

    A shopper's browser is never sent to a host that the shop did not name.
    """
    own = tuple(f"{origin.rstrip('/')}/" for origin in settings.allowed_origins)
    return url if own and url.startswith(own) else ""


def show_card(card: Card | Mapping[str, Any], settings: Settings) -> dict[str, Any]:
    """One product card as a page shows it: plain strings, ready for JSON, not yet escaped.

    Takes a live card or one kept with a turn ({"price": {"amount", "currency"}, …}).
    """
    get = card.get if isinstance(card, Mapping) else lambda name: getattr(card, name, None)
    price, list_price = _money(get("price")), _money(get("list_price"))
    rating: Any = get("rating")
    value = rating.get("value") if isinstance(rating, Mapping) else getattr(rating, "value", rating)
    count = rating.get("count") if isinstance(rating, Mapping) else getattr(rating, "count", 0)
    struck = list_price if list_price and price and list_price.amount > price.amount else None
    return {
        "id": str(get("id")),
        "title": str(get("title") or ""),
        "price": show_money(price, settings),
        "list_price": show_money(struck, settings),
        "category": str(get("category") or ""),
        "in_stock": get("in_stock"),
        "rating": f"{value:.1f}" if isinstance(value, int | float) else "",
        "ratings": format_count(int(count or 0), settings.locale) if count else "",
        "picture": own_picture(str(get("image_url") or ""), settings),
        "why": str(get("why") or ""),
        "why_detail": str(get("why_detail") or ""),
        "facts": [[str(part) for part in fact] for fact in get("facts") or ()],
    }


def card_html(card: Card, settings: Settings) -> str:
    """A product card as escaped HTML, for pages that are not built in the browser."""
    shown = show_card(card, settings)
    words = load_texts(settings.locale)
    stock = {True: "in_stock", False: "out_of_stock", None: "stock_unknown"}[shown["in_stock"]]
    price = f'<span class="rg-price">{escape(shown["price"] or words["no_price"])}</span>'
    if shown["list_price"]:
        price += f' <s class="rg-was">{escape(shown["list_price"])}</s>'
    why = f'<p class="rg-why">{escape(shown["why"])}</p>' if shown["why"] else ""
    return (
        '<article class="rg-card"><div class="rg-pic"><img alt="" src="'
        f'{picture_uri(card.title, card.category)}"></div>'
        f'<div class="rg-card-body"><p class="rg-cat">{escape(shown["category"])}</p>'
        f'<h3 class="rg-title">{escape(shown["title"])}</h3><p class="rg-prices">{price}</p>'
        f'<p class="rg-stock rg-{stock}">{escape(words[stock])}</p>{why}</div></article>'
    )


def _money(value: Any) -> Money | None:
    if value is None or isinstance(value, Money):
        return value
    return Money(Decimal(str(value["amount"])), str(value["currency"]))
