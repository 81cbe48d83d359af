"""Commands about the shop's data: import, index, search, forget, doctor.

Thin: each calls one function of the library and prints what came back.
"""

from __future__ import annotations

import sys
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.cli.frame import (
    JsonOption,
    ShopOption,
    load_shop,
    opened_store,
    print_json,
    shop_being_made,
    shown_progress,
)

if TYPE_CHECKING:
    from retrieval.search import Hit


class Kind(StrEnum):
    """What a file handed to `import` holds."""

    products = "products"
    orders = "orders"
    customers = "customers"
    policies = "policies"


def import_data(
    kind: Annotated[Kind, typer.Argument(help="What the file holds.")],
    file: Annotated[Path, typer.Argument(help="The file (.gz is fine), or a folder of saved product pages.")],
    format: Annotated[
        str,
        typer.Option(
            help="auto looks at the file; or shopify, woocommerce, google_feed, schema_org, online_retail, "
            "esci, tau2 (text for policies)."
        ),
    ] = "auto",
    replace: Annotated[
        bool, typer.Option("--replace", help="The file holds all products: remove those it has not.")
    ] = False,
    shop: ShopOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take products, orders, customers or policies from a file, all of it or nothing."""
    from shop.errors import ConfigError
    from shop.sources import import_file

    if replace and kind is not Kind.products:
        raise ConfigError(f"--replace goes with products, not with {kind.value}; leave it out.")
    with shop_being_made(shop) as settings, opened_store(settings) as store:
        report = import_file(store, kind.value, file, format, settings, replace)
    if as_json:
        print_json(report.as_json())
        return
    for line in report.lines():
        typer.echo(line)
    if kind is Kind.products and "currency" not in settings.model_fields_set:
        typer.echo(
            f"Prices without a currency are taken as {settings.currency}; if that is wrong, set currency "
            f"in {settings.shop / 'shop.toml'} and import again."
        )
    if kind in (Kind.products, Kind.policies):
        typer.echo("Now run `regulars index`, so that the assistant finds them.")


def index(shop: ShopOption = None, as_json: JsonOption = False) -> None:
    """Make products and policies findable and learn from the orders; does only what changed since."""
    from retrieval.indexing import build_index, open_search
    from retrieval.recommend.scorers import fit_scorers
    from retrieval.tastes import Tastes

    settings = load_shop(shop)
    with opened_store(settings) as store:
        with shown_progress("Indexing") as progress:
            report = build_index(store, settings, progress)
        with shown_progress("Customers' tastes") as progress:
            tastes = Tastes(store, open_search(store, settings), settings).build(progress)
        with shown_progress("Learning what is bought next") as progress:
            fit_scorers(store, settings.shop / "recommend", settings.current_date, progress)
    if as_json:
        print_json(asdict(report) | {"customers": asdict(tastes)})
        return
    typer.echo(
        f"Indexed in {report.seconds:.1f} s: {report.embedded:,} embedded, "
        f"{report.kept:,} unchanged, {report.removed:,} removed."
    )
    typer.echo(
        f"Customers' tastes in {tastes.seconds:.1f} s: {tastes.embedded:,} made, "
        f"{tastes.kept:,} unchanged, {tastes.removed:,} removed."
    )


def _hit_json(hit: Hit) -> dict[str, Any]:
    from assistant.wire import product_json

    return product_json(hit.product) | {
        "score": round(hit.score, 4),
        "cosine": round(hit.cosine, 4),
        "coverage": round(hit.coverage, 4),
    }


def _hit_line(number: int, hit: Hit, locale: str) -> str:
    from shop.formats import format_money

    price = format_money(hit.product.price, locale) if hit.product.price else "price not known"
    return f"{number:>3}. {hit.product.title}  ({price}; {hit.product.id})"


def search(
    text: Annotated[str, typer.Argument(help="What a shopper would type.")],
    k: Annotated[int, typer.Option("-k", min=1, max=1000, help="How many products at most.")] = 8,
    shop: ShopOption = None,
    as_json: JsonOption = False,
) -> None:
    """Search the catalogue; filters such as "under £5" or "not red" are understood."""
    from retrieval.indexing import open_search

    settings = load_shop(shop)
    with opened_store(settings) as store:
        result = open_search(store, settings).search(text, k=k)
    if as_json:
        print_json(
            {
                "outcome": result.outcome,
                "topic": result.query.topic,
                "total": result.total,
                "hits": [_hit_json(hit) for hit in result.hits],
                "nearest": [_hit_json(hit) for hit in result.nearest],
                "relaxed": list(result.relaxed),
                "missing": list(result.missing),
                "degraded": list(result.degraded),
            }
        )
        return
    if result.hits:
        typer.echo(f"{result.total:,} found, best first:")
    else:
        dropped = f" without {', '.join(result.relaxed)}" if result.relaxed else ""
        typer.echo(f"None found ({result.outcome.replace('_', ' ')}); nearest{dropped}:")
    for number, hit in enumerate(result.hits or result.nearest, start=1):
        typer.echo(_hit_line(number, hit, settings.locale))
    for part in result.degraded:
        typer.echo(f"Searched without: {part}", err=True)


def forget(
    customer: Annotated[str, typer.Argument(help="The customer's id.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; needed where nobody can answer.")] = False,
    shop: ShopOption = None,
    as_json: JsonOption = False,
) -> None:
    """Delete everything about one customer; their orders stay, without their name."""
    from retrieval.tastes import forget_customer
    from shop.errors import ConfigError, NotFound

    settings = load_shop(shop)
    with opened_store(settings) as store:
        if store.customer(customer) is None:
            raise NotFound(f"no customer has the id {customer!r}; look it up in the support desk's search.")
        if not yes:
            if not sys.stdin.isatty():
                raise ConfigError("forgetting cannot be undone; repeat the command with --yes.")
            typer.confirm(f"Delete everything about customer {customer}? This cannot be undone.", abort=True)
        counts = forget_customer(store, settings, customer)
    if as_json:
        print_json({"customer": customer, "counts": counts})
        return
    parts = [f"{count:,} {kind.replace('_', ' ')}" for kind, count in counts.items() if count]
    typer.echo(f"Customer {customer} is forgotten: {', '.join(parts) or 'nothing else was known'}.")
