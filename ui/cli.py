"""The program `regulars`: the assistant's commands plus those that open pages or need fine-tuning.

The composition root: the one file that may import every package. Knows how a sample shop becomes
a served page; knows nothing of what is on the page.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli import app
from assistant.cli.frame import (
    ShopOption,
    load_shop,
    make_shop,
    opened_store,
    run_app,
    shown_progress,
)
from finetune.cli import app as finetune

if TYPE_CHECKING:
    from shop.settings import Settings

PortOption = Annotated[int | None, typer.Option(help="Port to serve on (default 8700).", min=1, max=65535)]
HostOption = Annotated[str | None, typer.Option(help="Address to serve on (default 127.0.0.1).")]


def _with_address(settings: Settings, host: str | None, port: int | None) -> Settings:
    return settings.model_copy(update={"host": host or settings.host, "port": port or settings.port})


def check_address(settings: Settings) -> None:
    """ConfigError where these settings could not be served, before anything slow is done."""
    from ui.app import check_port
    from ui.auth import check_exposure

    check_exposure(settings)
    check_port(settings.host, settings.port)


def prepare_sample(sample: str, folder: Path) -> Settings:
    """A sample shop in `folder`, imported and indexed; done again it only looks whether all is there."""
    from retrieval.indexing import build_index
    from shop.samples import load_sample

    with shown_progress(f"Preparing the sample shop {sample}") as progress:
        settings = load_sample(sample, folder, progress)
    with opened_store(settings) as store, shown_progress("Making it findable") as progress:
        build_index(store, settings, progress)
    return settings


def prepare_insight(settings: Settings) -> None:
    """Learn who will come back, where that was never done and the sample has orders to learn from."""
    from insight.learning import learn

    if (settings.shop / "models").exists():
        return
    with opened_store(settings) as store, shown_progress("Learning who will come back") as progress:
        if store.count("orders"):
            learn(store, settings, progress=progress)


def prepare_model(settings: Settings) -> None:
    """Unpack the local language model where that was never done; without it the templates speak."""
    from assistant.models.base import open_model
    from assistant.models.local import LocalModel
    from shop.errors import ModelError

    try:
        model = open_model(settings.model)
        if isinstance(model, LocalModel) and not model.ready:
            model.prepare(lambda sentence: typer.echo(sentence, err=True))
    except ModelError as error:
        typer.echo(f"Without a language model, the templates speak: {error}", err=True)


def demo(
    sample: Annotated[str, typer.Option(help="giftware, marketplace or support_desk.")] = "giftware",
    shop: ShopOption = None,
    host: HostOption = None,
    port: PortOption = None,
    prepare_only: Annotated[bool, typer.Option("--prepare-only", help="Prepare the shop and stop.")] = False,
) -> None:
    """Prepare a sample shop and open all three faces: shop, support and marketing."""
    from shop.errors import ConfigError
    from shop.samples import SAMPLES

    if sample not in SAMPLES:
        raise ConfigError(f"there is no sample {sample!r}; choose one of {', '.join(SAMPLES)}.")
    settings = make_shop(shop)
    if not prepare_only:
        check_address(_with_address(settings, host, port))
    settings = prepare_sample(sample, settings.shop)
    prepare_insight(settings)
    prepare_model(settings)
    if prepare_only:
        typer.echo(f"The sample shop {settings.name} is ready in {settings.shop}.")
        return
    _serve(_with_address(settings, host, port))


def serve(shop: ShopOption = None, host: HostOption = None, port: PortOption = None) -> None:
    """Serve your own shop: pages and API."""
    settings = _with_address(load_shop(shop), host, port)
    check_address(settings)
    prepare_model(settings)
    _serve(settings)


def _serve(settings: Settings) -> None:
    from ui.app import serve as serve_pages

    address = f"http://{f'[{settings.host}]' if ':' in settings.host else settings.host}:{settings.port}"
    typer.echo(f"{settings.name} opens in a few seconds; Ctrl-C closes it.")
    for page in ("shop", "support", "marketing"):
        typer.echo(f"  {page:<10} {address}/{page}")
    try:
        serve_pages(settings)
    except KeyboardInterrupt:
        typer.echo("Closed.", err=True)


program = typer.Typer(
    name="regulars",
    help="A self-hosted shopping assistant that turns a shop's visitors into regulars.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
program.command()(demo)
program.command()(serve)
program.add_typer(app)
program.add_typer(finetune, name="finetune")


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"regulars {version('regulars')}")
        raise typer.Exit


@program.callback()
def frame(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """A self-hosted shopping assistant that turns a shop's visitors into regulars."""


def main() -> None:
    """Run the command line and exit with its code."""
    sys.exit(run_app(program))
