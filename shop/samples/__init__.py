"""Three real sample shops and how to set one up in a folder.

    settings = load_sample("giftware", Path("shop-data"))

Knows the files beside it (each folder's SOURCE.md says where they come from and under which
licence) and the settings that suit them; imports them like anybody's files.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from shop.errors import ConfigError, StoreError
from shop.settings import Settings, load_settings
from shop.sources import (
    many_objects,
    read_customers,
    read_orders,
    read_policies,
    read_products,
    write_imports,
)
from shop.sources.imported import Imported, Skips, with_note
from shop.sources.online_retail import read_lines
from shop.sources.reading import report_products, retail_notes, retail_orders
from shop.sources.retail_sales import build_products
from shop.store import Store
from shop.types import Consent, Customer

Progress = Callable[[int, int], None]

VERSION = "2"
"""Goes up when a sample or the way it is read changes, so that old folders are read anew."""

CONSENT_SHARE = 0.7
CONSENT_SOURCE = "sample data: invented consent"


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample's settings, as they go into shop.toml, and its reader."""

    toml: str
    read: Callable[[Path, Progress], Sequence[Imported]]


def load_sample(name: str, folder: Path | str, progress: Progress = lambda done, total: None) -> Settings:
    """Prepare sample `name` in `folder`: shop.toml and database. Quick where that was done before.

    A shop.toml that is already there is kept. Raises ConfigError for an unknown name or a folder
    that holds another shop.
    """
    if name not in _SAMPLES:
        raise ConfigError(f"there is no sample {name!r}; use one of {', '.join(SAMPLES)}")
    sample, place = _SAMPLES[name], Path(folder)
    _write_settings(sample, place)
    settings = load_settings(place)
    with Store(settings.database_url) as store:
        holds = store.meta("sample")
        if holds == f"{name} {VERSION}":
            progress(1, 1)
            return settings
        if (holds or name).split()[0] != name or (holds is None and store.count("products")):
            what = f"the sample {holds.split()[0]}" if holds else "a shop of its own"
            raise ConfigError(f"{place} already holds {what}; choose another folder with --shop")
        with many_objects():
            write_imports(store, sample.read(sample_folder(name), progress), {"sample": f"{name} {VERSION}"})
    progress(1, 1)
    return settings


def sample_folder(name: str) -> Path:
    """Where a sample's files are."""
    return Path(__file__).parent / name


def _write_settings(sample: Sample, folder: Path) -> None:
    file = folder / "shop.toml"
    if file.exists():
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file.write_text(sample.toml, encoding="utf-8")
    except OSError as error:
        raise StoreError(
            f"shop folder {folder} cannot be written ({error.strerror}); choose another with --shop"
        ) from error


def _read_giftware(folder: Path, progress: Progress) -> Sequence[Imported]:
    file = folder / "online_retail_to_2011-09-09.csv.gz"
    skips = Skips()
    lines = list(read_lines(file, skips))
    progress(1, 4)
    products = build_products(lines, "GBP")
    progress(2, 4)
    titles = {product.id: product.title for product in products}
    orders = retail_orders(lines, titles, file, "GBP", skips)
    progress(3, 4)
    notes = retail_notes(products)
    return report_products(products, file, "online_retail", skips, notes), _with_consent(orders)


def _read_marketplace(folder: Path, progress: Progress) -> Sequence[Imported]:
    products = read_products(folder / "products.jsonl.gz", "esci", "USD")
    progress(1, 2)
    return (products,)


def _read_support_desk(folder: Path, progress: Progress) -> Sequence[Imported]:
    imports = (
        read_products(folder / "products.json.gz", "tau2", "USD"),
        _with_consent(read_customers(folder / "users.json.gz", "tau2")),
        read_orders(folder / "orders.json.gz", "tau2", "USD"),
        read_policies(folder / "policy.md"),
    )
    progress(1, 2)
    return imports


def _with_consent(imported: Imported) -> Imported:
    """Invented consent for the sample's customers, so that there is somebody to write to."""
    customers = [
        replace(c, consent=Consent(marketing_email=consents(c), source=CONSENT_SOURCE))
        for c in imported.customers
    ]
    note = (
        f"the data says nothing about consent: for this demonstration {CONSENT_SHARE:.0%} of the "
        "customers are taken to allow marketing e-mail"
    )
    return with_note(replace(imported, customers=customers), note)


def consents(customer: Customer) -> bool:
    """Whether a sample customer is taken to allow marketing e-mail: always the same ones."""
    return hashlib.sha256(customer.id.encode()).digest()[0] < CONSENT_SHARE * 256


def _toml(name: str, domain: str, locale: str, currency: str, more: str = "") -> str:
    """shop.toml of a sample; its name and addresses are invented (.example is nobody's)."""
    return (
        f'name = "{name}"\ncontact = "help@{domain}.example"\n'
        f'url = "https://{domain}.example"\nmail_from = "{name} <news@{domain}.example>"\n'
        f'unsubscribe_url = "https://assistant.{domain}.example/unsubscribe"\n'
        f'locale = "{locale}"\ncurrency = "{currency}"\n{more}'
    )


_SAMPLES = {
    "giftware": Sample(
        _toml("Retro Gifts", "retro-gifts", "en_GB", "GBP", "today = 2011-09-09\n"), _read_giftware
    ),
    "marketplace": Sample(_toml("Marketplace", "marketplace", "en_US", "USD"), _read_marketplace),
    "support_desk": Sample(_toml("Everyday Store", "everyday-store", "en_US", "USD"), _read_support_desk),
}
SAMPLES = tuple(_SAMPLES)
