"""What the two staff pages share: frame, small pieces of HTML, and who is asking.

Knows how things look; everything that came from a record passes through `escape` here or in the
page that uses it.
"""

from __future__ import annotations

from html import escape
from typing import Any

from shop.formats import format_count, format_date, format_money
from shop.settings import Settings
from shop.types import Money
from ui.auth import Auth

PAGES = (
    ("shop", "Shop"),
    ("support", "Support desk"),
    ("marketing", "Marketing studio"),
    ("insight", "Insight"),
)


def page_head(settings: Settings, here: str) -> str:
    """The bar on top: the shop, where one is, and the way to the other pages."""
    links = "".join(
        f'<a href="../{path}/"{" aria-current=page" if path == here else ""}>{escape(name)}</a>'
        for path, name in PAGES
    )
    initial = escape(settings.name[:1].upper() or "R")
    return (
        '<link rel="stylesheet" href="../static/staff.css">'
        f'<header class="rs-head"><span class="rs-mark" aria-hidden="true">{initial}</span>'
        f'<h1>{escape(settings.name)}</h1><nav aria-label="Pages">{links}</nav></header>'
    )


def staff_name(settings: Settings, request: Any) -> str:
    """The signed-in member of staff; "demo" on this machine without a login."""
    cookies = dict(getattr(request, "cookies", None) or {})
    return Auth(settings).staff(cookies) or "staff"


def notice(text: str, kind: str = "note") -> str:
    """One sentence for the reader: `kind` is "note", "empty" or "problem"."""
    role = ' role="alert"' if kind == "problem" else ""
    return f'<p class="rs-notice rs-{kind}"{role}>{escape(text)}</p>'


def figure(label: str, value: str, small: str = "") -> str:
    """One number with what it is."""
    below = f"<small>{escape(small)}</small>" if small else ""
    return f"<div class='rs-figure'><dt>{escape(label)}</dt><dd>{escape(value)}{below}</dd></div>"


def badge(text: str, kind: str = "") -> str:
    """A small label: `kind` is "", "yes" or "warn"."""
    return f'<span class="rs-badge{f" rs-{kind}" if kind else ""}">{escape(text)}</span>'


def source_tag(text: str) -> str:
    """The record that something was read from."""
    return f'<span class="rs-source">{escape(text)}</span>'


def table_row(*cells: str, numbers: int = 0) -> str:
    """A row of cells that are HTML already, the last `numbers` of them figures."""
    first = len(cells) - numbers
    marked = (f"<td{' class=rs-num' if n >= first else ''}>{cell}</td>" for n, cell in enumerate(cells))
    return f"<tr>{''.join(marked)}</tr>"


def foldout(title: str, inside: str, *, is_open: bool) -> str:
    """An item of a list that opens: both parts are HTML already."""
    opened = " open" if is_open else ""
    return (
        f'<li><details{opened}><summary>{title}</summary><div class="rs-inside">{inside}</div></details></li>'
    )


def panel(title: str, inside: str, kind: str = "") -> str:
    """A titled box around HTML."""
    return (
        f'<section class="rs-panel{f" rs-{kind}" if kind else ""}"><h3>{escape(title)}</h3>{inside}</section>'
    )


def show_day(at: Any, settings: Settings) -> str:
    """'9 September 2011', or 'no date' where the data has none."""
    return format_date(at.date(), settings.locale) if at is not None else "no date"


def show_amount(money: Money | None, settings: Settings) -> str:
    """'£12.00', or '–' where it is not known."""
    return format_money(money, settings.locale) if money is not None else "–"


def count_of(number: int, one: str, many: str, settings: Settings) -> str:
    """'1 order', '1,234 orders'."""
    return f"{format_count(number, settings.locale)} {one if number == 1 else many}"


def stacked(*parts: str) -> str:
    """Pieces of a page below one another."""
    return f'<div class="rs rs-stack">{"".join(parts)}</div>'
