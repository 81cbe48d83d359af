"""The command `alike`: customers whose tastes are nearest to one customer's.

Thin: calls one function of the library and prints what came back.
"""

from __future__ import annotations

from typing import Annotated

import typer

from assistant.cli.frame import JsonOption, ShopOption, load_shop, opened_store, print_json


def alike(
    customer: Annotated[str, typer.Argument(help="The customer's id.")],
    k: Annotated[int, typer.Option("-k", min=1, max=100, help="How many customers at most.")] = 10,
    country: Annotated[str, typer.Option(help="Of this country only.")] = "",
    shop: ShopOption = None,
    as_json: JsonOption = False,
) -> None:
    """Customers whose tastes are nearest to one customer's, by the vectors of their histories."""
    from retrieval.indexing import open_search
    from retrieval.tastes import Tastes
    from shop.errors import ConfigError, NotFound

    settings = load_shop(shop)
    with opened_store(settings) as store:
        if store.customer(customer) is None:
            raise NotFound(f"no customer has the id {customer!r}; look it up in the support desk's search.")
        tastes = Tastes(store, open_search(store, settings), settings)
        if not tastes.count():
            raise ConfigError("no customer's taste is known yet; run `regulars index`.")
        found = tastes.customers_like(customer, k, country)
    if as_json:
        print_json(
            {"customer": customer, "customers": [{"id": id_, "likeness": round(s, 4)} for id_, s in found]}
        )
        return
    if not found:
        typer.echo("Nobody like this customer is known.")
    for number, (id_, likeness) in enumerate(found, start=1):
        typer.echo(f"{number:>3}. {id_}  (likeness {likeness:.2f})")
