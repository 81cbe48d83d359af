"""The commands `regulars finetune ...`: examples, train, evaluate, promote, roll-back, adapters.

Thin: each calls one function of this package and prints what it returned. The flags of `train` are
the fields of `TrainConfig`, so that a setting is described in one place.
"""

from __future__ import annotations

import inspect
from dataclasses import asdict, fields
from pathlib import Path
from typing import Annotated, Any

import typer

from assistant.cli.frame import (
    JsonOption,
    ShopOption,
    load_shop,
    opened_store,
    print_json,
    shown_progress,
)
from shop.errors import ConfigError
from shop.settings import load_settings

app = typer.Typer(help="Teach the model the shop's voice.", no_args_is_help=True)


@app.command("examples")
def examples(
    file: Annotated[Path, typer.Argument(help="The JSONL file to write.")],
    shop: ShopOption = None,
    own: Annotated[bool, typer.Option(help="Add the shop's own liked conversations.")] = True,
    seed: Annotated[int, typer.Option(help="Which variants and messages are drawn.")] = 0,
    focus: Annotated[
        str, typer.Option(help="A second course: acts whose names begin so (a regular expression).")
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Write training examples: our phrasings, and liked turns of customers who allow it."""
    from finetune.examples import conversation_examples, near_duplicates, phrasing_examples, write_examples

    made = list(phrasing_examples(seed, focus=focus))
    alike = near_duplicates(made)
    if own and (shop is not None or (load_settings(None).shop / "shop.db").is_file()):
        with opened_store(load_shop(shop)) as store:
            made.extend(conversation_examples(store))
    counts: dict[str, Any] = dict(write_examples(made, file))
    counts["own"] = sum(example.origin == "conversations" for example in made)
    counts["alike"] = {name: round(value, 4) for name, value in alike.items()}
    if as_json:
        print_json(counts)
        return
    typer.echo(
        f"{file}: {counts['train wordings']:,} wordings of {counts['train']:,} prompts to train on, "
        f"{counts['test wordings']:,} of {counts['test']:,} to test on; {counts['own']:,} from this shop. "
        f"Test wordings that nearly repeat a training one: {alike['near']:.1%}."
    )


def _train(**given: Any) -> None:
    """Teach a model the examples (hours on a CPU, minutes on a GPU); goes on where it was stopped."""
    from finetune.adapters import register
    from finetune.config import TrainConfig
    from finetune.train import train

    shop, as_json = given.pop("shop"), given.pop("as_json")
    result = train(TrainConfig(**given), None if as_json else typer.echo)
    version = register(result.adapter, load_shop(shop).shop) if shop is not None else ""
    if as_json:
        print_json(asdict(result) | {"adapter": str(result.adapter), "registered": version})
        return
    typer.echo(f"The adapter lies in {result.adapter}" + (f", registered as {version}." if version else "."))
    typer.echo(f"Next: regulars finetune evaluate {version or result.adapter}")


def _train_signature() -> inspect.Signature:
    """One option per field of TrainConfig, and the shop to register the adapter with."""
    from finetune.config import TrainConfig

    options = [
        inspect.Parameter(
            spot.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=spot.default,
            annotation=Annotated[type(spot.default), typer.Option(help=spot.metadata["help"])],
        )
        for spot in fields(TrainConfig)
    ]
    for name, annotation, default in (("shop", ShopOption, None), ("as_json", JsonOption, False)):
        options.append(
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
        )
    return inspect.Signature(options)


_train.__signature__ = _train_signature()  # type: ignore[attr-defined]
_train.__annotations__ = {name: p.annotation for name, p in _train_signature().parameters.items()}
app.command("train")(_train)


@app.command("evaluate")
def evaluate(
    adapter: Annotated[str, typer.Argument(help="A version of the shop's, a folder, or 'shipped'.")],
    shop: ShopOption = None,
    trials: Annotated[int, typer.Option(help="How many made-up acts to word.", min=20)] = 1000,
    seed: Annotated[int, typer.Option(help="Which acts are made up.")] = 1,
    beside: Annotated[bool, typer.Option(help="Also measure the base model and the templates.")] = False,
    cases: Annotated[Path | None, typer.Option(help="Conversation cases to answer as well.")] = None,
    work: Annotated[Path, typer.Option(help="Where the samples of those cases are kept.")] = Path(
        "eval-work"
    ),
    out: Annotated[Path | None, typer.Option(help="Write every wording to this JSONL file.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Measure an adapter on acts it was not taught, and write the figures into its card."""
    from finetune.gate import measure

    # Measuring an adapter needs no shop, unless it is one of a shop's.
    settings = load_shop(shop) if shop is not None else load_settings()
    with shown_progress("Wording") as progress:
        reports = measure(
            adapter,
            settings,
            trials=trials,
            seed=seed,
            beside=beside,
            cases=cases,
            work=work,
            out=out,
            progress=progress,
        )
    if as_json:
        print_json(reports)
        return
    names = list(reports)
    for figure in dict.fromkeys(figure for report in reports.values() for figure in report):
        cells = "".join(f"{_cell(reports[name].get(figure)):>14}" for name in names)
        typer.echo(f"{figure:<18}{cells}")
    typer.echo(f"{'':<18}" + "".join(f"{name:>14}" for name in names))


@app.command("promote")
def promote(
    adapter: Annotated[str, typer.Argument(help="A version of the shop's, a folder, or 'shipped'.")],
    shop: ShopOption = None,
) -> None:
    """Use an adapter from the next start on; refused where it measured worse than the one in use."""
    from finetune.adapters import current, find_adapter, register
    from finetune.adapters import promote as choose
    from finetune.gate import refusals

    folder = load_shop(shop).shop
    version = register(Path(adapter), folder) if Path(adapter).is_dir() else adapter
    used = current(folder)
    reasons = refusals(find_adapter(version, folder).card.metrics, used.card.metrics if used else None)
    if reasons:
        raise ConfigError(f"adapter {version} is not promoted: {'; '.join(reasons)}")
    choose(version, folder)
    typer.echo(f"Adapter {version} is used from the next start on; regulars finetune roll-back undoes it.")


@app.command("roll-back")
def roll_back(shop: ShopOption = None) -> None:
    """Use the adapter used before the present one."""
    from finetune.adapters import roll_back as go_back

    typer.echo(f"Adapter {go_back(load_shop(shop).shop)} is used from the next start on.")


@app.command("adapters")
def adapters(shop: ShopOption = None, as_json: JsonOption = False) -> None:
    """List the shop's adapters and the one in use."""
    from finetune.adapters import current, list_adapters

    folder = load_shop(shop).shop
    used = current(folder)
    found = list_adapters(folder)
    if as_json:
        print_json({"current": used.version if used else "", "adapters": [asdict(a.card) for a in found]})
        return
    for one in found:
        mark = "*" if used and one.version == used.version else " "
        typer.echo(f"{mark} {one.version}  {one.card.name}  {one.card.made}")
    if used is None or used.version not in {one.version for one in found}:
        typer.echo(f"In use: {'the shipped adapter, ' + used.version if used else 'none'}")


def _cell(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, int | float) else "-"
