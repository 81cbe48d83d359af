"""`regulars desk`: the support desk's ready-made replies in, what was learnt from feedback out."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from assistant.cli.frame import JsonOption, ShopOption, load_shop, opened_store, print_json, shop_being_made

desk = typer.Typer(help="The support desk's macros, feedback and log of views.", no_args_is_help=True)


@desk.command()
def macros(
    file: Annotated[Path, typer.Argument(help="A CSV with the columns name and text, and tags if you like.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="These are all macros: remove the others.")
    ] = False,
    shop: ShopOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take ready-made replies from a CSV (also Gorgias's, Zendesk's or Chatwoot's export)."""
    from assistant.support.macros import read_macros

    found = read_macros(file)
    with shop_being_made(shop) as settings, opened_store(settings) as store:
        store.put_macros(found, replace=replace)
        total = len(store.macros())
    if as_json:
        print_json({"read": len(found), "macros": total})
        return
    typer.echo(f"{len(found)} macros read; the desk has {total}.")


@desk.command()
def feedback(
    out: Annotated[Path, typer.Option(help="Write one JSON line an example here.")],
    shop: ShopOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write what agents used, changed or refused as training examples, where the customer allows it."""
    from assistant.support.feedback import training_examples
    from shop.errors import ConfigError

    settings = load_shop(shop)
    with opened_store(settings) as store:
        examples = list(training_examples(store))
        judged = len(store.suggestions())
    try:
        out.write_text("".join(json.dumps(asdict(one)) + "\n" for one in examples), encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{out} cannot be written ({error.strerror}); name another file") from error
    if as_json:
        print_json({"examples": len(examples), "suggestions": judged})
        return
    typer.echo(f"{len(examples)} examples of {judged} suggestions written to {out}.")


@desk.command()
def views(
    customer: Annotated[str, typer.Argument(help="The customer's id.")],
    shop: ShopOption = None,
    as_json: JsonOption = False,
) -> None:
    """Who of the staff looked at a customer's data, newest first."""
    settings = load_shop(shop)
    with opened_store(settings) as store:
        found = store.views_of(customer)
    if as_json:
        print_json([{"staff": v.staff, "what": v.what, "at": v.at.isoformat()} for v in found])
        return
    for view in found:
        typer.echo(f"{view.at:%Y-%m-%d %H:%M} UTC  {view.staff}  {view.what}")
    if not found:
        typer.echo(f"Nobody has looked at customer {customer}.")
