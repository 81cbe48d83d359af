"""The commands `regulars finetune ...`: examples, train, evaluate, promote, roll-back, adapters.

Thin: each calls one function of this package and prints what it returned. The flags of `train` are
the fields of `TrainConfig` and `EmbedderConfig`, so that a setting is described in one place.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import asdict, fields
from enum import StrEnum
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
from finetune.config import EmbedderConfig, TrainConfig
from finetune.shelf import Shelf
from shop.errors import ConfigError
from shop.settings import load_settings

Say = Callable[[str], None] | None

app = typer.Typer(help="Teach the model the shop's voice, and search its words.", no_args_is_help=True)


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


class What(StrEnum):
    """What is taught: the language model's words, or the embedder that search finds products with."""

    WORDS = "words"
    EMBEDDINGS = "embeddings"


WhatOption = Annotated[What, typer.Option("--what", help="The model's words, or search's embeddings.")]


def _train(what: What, shop: Path | None, as_json: bool, **given: Any) -> None:
    """Teach a model: words from examples (hours on a CPU, minutes on a GPU; a run that was stopped goes
    on), embeddings from the shop's own records (minutes)."""
    kind = TrainConfig if what is What.WORDS else EmbedderConfig
    asked = {name: value for name, value in given.items() if value is not None}
    for name in asked:
        if name not in {spot.name for spot in fields(kind)}:
            raise ConfigError(f"--{name.replace('_', '-')} is nothing --what {what} knows; leave it out")
    say = None if as_json else typer.echo
    teach = _train_words if what is What.WORDS else _train_embeddings
    made, version, figures = teach(asked, shop, say)
    noun = _shelf(what).noun
    if as_json:
        print_json(figures | {noun: str(made), "registered": version})
        return
    typer.echo(f"The {noun} lies in {made}" + (f", registered as {version}." if version else "."))
    typer.echo(f"Next: regulars finetune evaluate {version or made}" + _flag(what))


def _train_words(asked: dict[str, Any], shop: Path | None, say: Say) -> tuple[Path, str, dict[str, Any]]:
    from finetune.train import train

    result = train(TrainConfig(**asked), say)
    version = _shelf(What.WORDS).register(result.adapter, load_shop(shop).shop) if shop is not None else ""
    return result.adapter, version, asdict(result)


def _train_embeddings(asked: dict[str, Any], shop: Path | None, say: Say) -> tuple[Path, str, dict[str, Any]]:
    from finetune.train_embedder import teach_shop

    settings = load_shop(shop)
    with opened_store(settings) as store:
        result = teach_shop(EmbedderConfig(**asked), settings, store, say)
    return result.embedder, _shelf(What.EMBEDDINGS).register(result.embedder, settings.shop), asdict(result)


def _shelf(what: What) -> Shelf:
    from finetune import adapters, embedders

    return adapters.SHELF if what is What.WORDS else embedders.SHELF


def _flag(what: What) -> str:
    return "" if what is What.WORDS else f" --what {what}"


def _train_signature() -> inspect.Signature:
    """One option per field of the two configs, and the shop to register what is taught with."""
    words, embeddings = ({spot.name: spot for spot in fields(kind)} for kind in (TrainConfig, EmbedderConfig))
    options = [("what", WhatOption, What.WORDS), ("shop", ShopOption, None), ("as_json", JsonOption, False)]
    for name, spot in (embeddings | words).items():
        shown, help_ = str(spot.default), spot.metadata["help"]
        if name not in words:
            help_ = f"embeddings: {help_}"
        elif name in embeddings and embeddings[name].default != spot.default:
            shown += f"; embeddings: {embeddings[name].default}"
        option = typer.Option(help=help_, show_default=shown if shown else False)
        options.append((name, Annotated[type(spot.default) | None, option], None))
    return inspect.Signature(
        [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
            for name, annotation, default in options
        ]
    )


_train.__signature__ = _train_signature()  # type: ignore[attr-defined]
_train.__annotations__ = {name: p.annotation for name, p in _train_signature().parameters.items()}
app.command("train")(_train)


@app.command("evaluate")
def evaluate(
    name: Annotated[str, typer.Argument(metavar="VERSION", help="A version of the shop's, or a folder.")],
    shop: ShopOption = None,
    what: WhatOption = What.WORDS,
    trials: Annotated[int, typer.Option(help="How many made-up acts to word.", min=20)] = 1000,
    seed: Annotated[int, typer.Option(help="Which acts are made up.")] = 1,
    beside: Annotated[bool, typer.Option(help="Also measure the base model and the templates.")] = False,
    cases: Annotated[Path | None, typer.Option(help="Conversation cases to answer as well.")] = None,
    work: Annotated[Path, typer.Option(help="Where the samples of those cases are kept.")] = Path(
        "eval-work"
    ),
    out: Annotated[Path | None, typer.Option(help="Write every wording to this JSONL file.")] = None,
    judgements: Annotated[
        Path | None, typer.Option(help="Embeddings: judged searches (CSV: query_id,query,product_id,gain).")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Measure what was taught on what it was not taught, and write the figures into its card."""
    if what is What.EMBEDDINGS:
        _evaluate_embedder(name, shop, judgements, as_json)
        return
    if judgements is not None:
        raise ConfigError("--judgements measures embeddings; add --what embeddings")
    from finetune.gate import measure

    # Measuring an adapter needs no shop, unless it is one of a shop's.
    settings = load_shop(shop) if shop is not None else load_settings()
    with shown_progress("Wording") as progress:
        reports = measure(
            name,
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


def _evaluate_embedder(name: str, shop: Path | None, judgements: Path | None, as_json: bool) -> None:
    from finetune.embedders import measure

    settings = load_shop(shop)
    with opened_store(settings) as store, shown_progress("Embedding") as progress:
        figures = measure(name, settings, store, judgements, progress)
    if as_json:
        print_json(figures)
        return
    typer.echo(f"NDCG@10 over the whole catalogue, by similarity alone; before is {figures['beside']}.")
    typer.echo(f"{'':<14}{'questions':>10}{'before':>9}{'after':>9}   change, 95 % interval")
    for kind, found in figures.items():
        if isinstance(found, dict):
            change = found["after"] - found["before"]
            typer.echo(
                f"{kind:<14}{found['questions']:>10}{found['before']:>9.4f}{found['after']:>9.4f}   "
                f"{change:+.4f} ({found['low']:+.4f} to {found['high']:+.4f})"
            )


@app.command("promote")
def promote(
    name: Annotated[str, typer.Argument(metavar="VERSION", help="A version, a folder, or 'shipped'.")],
    shop: ShopOption = None,
    what: WhatOption = What.WORDS,
) -> None:
    """Use what was taught from the next start on; refused where it measured worse than what is in use."""
    settings, shelf = load_shop(shop), _shelf(what)
    version = shelf.register(Path(name), settings.shop) if Path(name).is_dir() else name
    if what is What.WORDS:
        from finetune.gate import refusals

        used = shelf.current(settings.shop)
        taught = shelf.find(version, settings.shop)
        reasons = refusals(taught.card.metrics, used.card.metrics if used else None)
    else:
        from finetune.embedders import objections

        reasons = objections(version, settings)
    if reasons:
        raise ConfigError(f"{shelf.noun} {version} is not promoted: {'; '.join(reasons)}")
    shelf.promote(version, settings.shop)
    typer.echo(f"{_used(version, what)} Undo it with regulars finetune roll-back{_flag(what)}.")


@app.command("roll-back")
def roll_back(shop: ShopOption = None, what: WhatOption = What.WORDS) -> None:
    """Use what was used before the present version."""
    typer.echo(_used(_shelf(what).roll_back(load_shop(shop).shop), what))


def _used(version: str, what: What) -> str:
    then = "" if what is What.WORDS else " Run regulars index now: products are to be embedded by it."
    return f"{_shelf(what).noun.capitalize()} {version} is used from the next start on.{then}"


@app.command("adapters")
def adapters(shop: ShopOption = None, what: WhatOption = What.WORDS, as_json: JsonOption = False) -> None:
    """List the shop's adapters (or embedders) and the one in use."""
    shelf, folder = _shelf(what), load_shop(shop).shop
    used, found = shelf.current(folder), shelf.versions(folder)
    if as_json:
        cards = [asdict(one.card) for one in found]
        print_json({"current": used.version if used else "", f"{shelf.noun}s": cards})
        return
    for one in found:
        mark = "*" if used and one.version == used.version else " "
        typer.echo(f"{mark} {one.version}  {one.card.name}  {one.card.made}")
    if used is None or used.version not in {one.version for one in found}:
        shipped = f"the shipped {shelf.noun}, {used.version}" if used else "none of them"
        typer.echo(f"In use: {shipped}")


def _cell(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, int | float) else "-"
