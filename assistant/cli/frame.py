"""What every command of the command line shares: its options, its shop, its errors.

Knows terminals and exit codes (0 done, 2 a sentence says what to mend, 130 interrupted); knows
nothing of what the commands do. Imports nothing heavy, so that `regulars --help` is quick.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from assistant.chat import Assistant
    from shop.settings import Settings
    from shop.store import Store

ShopOption = Annotated[
    Path | None,
    typer.Option(
        "--shop",
        metavar="DIR",
        show_default=False,
        help="The shop's folder (default: REGULARS_SHOP, else ./shop-data).",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
Progress = Callable[[int, int], None]


def run_app(app: typer.Typer, argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code; the only place where errors become sentences."""
    from shop.errors import RegularsError

    # Read when torch is first imported: waiting threads that spin slow a busy machine several times over.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("GOMP_SPINCOUNT", "0")
    try:
        app(args=None if argv is None else list(argv), prog_name="regulars")
    except RegularsError as error:
        typer.echo(f"regulars: {error}", err=True)
        return 2
    except KeyboardInterrupt:
        return 130
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except Exception as error:
        # A fault of ours: a shop owner gets a sentence, who mends it gets the traceback.
        if os.environ.get("REGULARS_TRACEBACK"):
            raise
        typer.echo(
            f"regulars: unexpected {type(error).__name__} ({error}); run the same command with "
            "REGULARS_TRACEBACK=1 to see where it came from, and report it.",
            err=True,
        )
        return 1
    return 0


def load_shop(folder: Path | None, **overrides: Any) -> Settings:
    """Settings of a shop that exists; ConfigError names the two ways to make one otherwise."""
    from shop.errors import ConfigError
    from shop.settings import load_settings

    settings = load_settings(folder, **overrides)
    if not settings.database and not (settings.shop / "shop.db").is_file():
        raise ConfigError(
            f"there is no shop in {settings.shop} yet; run `regulars demo` for a sample shop, "
            "or `regulars import products FILE` for your own."
        )
    return settings


def make_shop(folder: Path | None) -> Settings:
    """Settings of a shop whose folder is made where it is missing."""
    from shop.errors import ConfigError
    from shop.settings import load_settings

    settings = load_settings(folder)
    try:
        settings.shop.mkdir(parents=True, exist_ok=True)
        probe = settings.shop / f".writable-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise ConfigError(
            f"the shop folder {settings.shop} cannot be written ({error.strerror}); "
            "choose another with --shop DIR."
        ) from error
    return settings


STARTER_TOML = """\
# This shop's settings; docs/operating.md explains them all. Remove the # to set one.
# name = "Our shop"
# currency = "GBP"      # where a file names none
# locale = "en_GB"
# contact = "help@shop.example"
"""


@contextmanager
def shop_being_made(folder: Path | None) -> Iterator[Settings]:
    """`make_shop` that leaves nothing new behind where the block fails, and a shop.toml otherwise."""
    from shop.settings import load_settings

    place = load_settings(folder).shop
    before = set(place.iterdir()) if place.is_dir() else None
    settings = make_shop(folder)
    try:
        yield settings
    except BaseException:
        for path in set(settings.shop.iterdir()) - (before or set()):
            path.unlink() if path.is_file() else shutil.rmtree(path)
        if before is None:
            settings.shop.rmdir()
        raise
    toml = settings.shop / "shop.toml"
    if not toml.exists():
        toml.write_text(STARTER_TOML, encoding="utf-8")


@contextmanager
def opened_store(settings: Settings) -> Iterator[Store]:
    """The shop's store, closed at the end."""
    from shop.store import Store

    with Store(settings.database_url) as store:
        yield store


@contextmanager
def opened_assistant(settings: Settings) -> Iterator[Assistant]:
    """The assistant with everything it needs, closed at the end."""
    from assistant.chat import Assistant

    assistant = Assistant.open(settings)
    try:
        yield assistant
    finally:
        assistant.close()


def print_json(value: object) -> None:
    """One JSON document on standard output."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


@contextmanager
def shown_progress(label: str) -> Iterator[Progress]:
    """A progress bar on a terminal's standard error; a line every ten seconds anywhere else."""
    if not sys.stderr.isatty():
        last = time.monotonic()

        def print_line(done: int, total: int) -> None:
            nonlocal last
            if time.monotonic() - last >= 10 and done < total:
                last = time.monotonic()
                typer.echo(f"{label}: {done:,} of {total:,}", err=True)

        yield print_line
        return

    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=None)

        def move_bar(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield move_bar
