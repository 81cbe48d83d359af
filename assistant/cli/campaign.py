"""Commands of the marketer: campaign plan, groups, list, draft, approve, export, send, report.

Thin: each calls one function of the library and prints what came back. A campaign is named by the
id that `plan` prints.
"""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.frame import (
    JsonOption,
    ShopOption,
    load_shop,
    opened_assistant,
    opened_store,
    print_json,
    shown_progress,
)

if TYPE_CHECKING:
    from assistant.campaign.export import ExportReport
    from assistant.campaign.sending import SendReport

campaign = typer.Typer(
    help="Write to customers: plan, draft, check, approve, export or send, report.", no_args_is_help=True
)

CampaignArgument = Annotated[str, typer.Argument(metavar="CAMPAIGN", help="The id `campaign plan` printed.")]
ByOption = Annotated[str, typer.Option("--by", help="Your name, for the record (default: your login).")]


@campaign.command()
def plan(
    goal: Annotated[
        str, typer.Option(help="win back, welcome, restock, cross-sell, launch or thank.")
    ] = "win back",
    days: Annotated[int | None, typer.Option(help="The goal's number of days (default: its own).")] = None,
    include: Annotated[
        list[str] | None, typer.Option(help="A group to write to, e.g. country:France; may be repeated.")
    ] = None,
    exclude: Annotated[list[str] | None, typer.Option(help="A group to leave out; may be repeated.")] = None,
    limit: Annotated[int, typer.Option(help="At most this many, the biggest spenders first.")] = 50,
    holdout: Annotated[float, typer.Option(help="Share that gets no message, to measure the effect.")] = 0.1,
    channel: Annotated[str, typer.Option(help="email, sms or push.")] = "email",
    cap_hours: Annotated[
        int | None, typer.Option(help="Nobody hears from you twice within so many hours (16; SMS 24).")
    ] = None,
    variant: Annotated[
        list[str] | None,
        typer.Option(help="A variant, e.g. 'Warm: tone=warm products=1 subject=shop'; may be repeated."),
    ] = None,
    equal: Annotated[bool, typer.Option("--equal", help="Equal shares, whatever was learnt.")] = False,
    product: Annotated[
        list[str] | None, typer.Option(help="A product to announce (launch); may be repeated.")
    ] = None,
    shop: ShopOption = None,
    as_json: JsonOption = False,
) -> None:
    """Choose who to write to; only customers who allow it."""
    from assistant.campaign import Request, plan_campaign
    from assistant.campaign.brand import BRAND
    from assistant.campaign.plan import send_window
    from assistant.campaign.variants import Variant, read_variant
    from assistant.wire import plain_json

    settings = load_shop(shop)
    variants = tuple(read_variant(text) for text in variant or ())
    request = Request(
        goal=goal,
        days=days,
        include=tuple(include or ()),
        exclude=tuple(exclude or ()),
        limit=limit,
        holdout=holdout,
        channel=channel,
        cap_hours=cap_hours,
        variants=variants or (Variant("A", BRAND.load(settings.shop).tone),),
        learn=not equal,
        products=tuple(product or ()),
    )
    with opened_assistant(settings) as assistant:
        found = plan_campaign(assistant, request)
        advice = send_window(assistant, found)
    if as_json:
        print_json(plain_json(found) | {"sentence": found.sentence(settings.locale), "send_window": advice})
        return
    typer.echo(found.sentence(settings.locale))
    for reason, count in found.excluded:
        typer.echo(f"  left out: {count:,} ({reason})")
    if len(found.variants) > 1:
        for one, share in zip(found.variants, found.shares, strict=True):
            typer.echo(f"  variant {one.name}: {share:.0%}, {one.sentence()}")
        typer.echo(f"  {found.shares_why}")
    for line in (*found.notices, advice):
        if line:
            typer.echo(f"  {line}")
    typer.echo(f"Campaign {found.id}. Now run `regulars campaign draft {found.id}`.")


@campaign.command()
def groups(shop: ShopOption = None, as_json: JsonOption = False) -> None:
    """The groups of customers that can be written to or left out, with their sizes."""
    from assistant.campaign.audience import HOW, Crowd

    with opened_assistant(load_shop(shop)) as assistant:
        found = list(Crowd(assistant).offered())
    if as_json:
        print_json([{"term": g.term, "size": g.size, "sentence": g.sentence} for g in found])
        return
    for group in found:
        typer.echo(f"{group.size:>8,}  {group.term:<24} {group.sentence}")
    typer.echo(f"Also: {HOW}.")


@campaign.command("list")
def list_campaigns(shop: ShopOption = None, as_json: JsonOption = False) -> None:
    """Every campaign, newest first, and what was done with it."""
    settings = load_shop(shop)
    with opened_store(settings) as store:
        found = [(kept, [step.step for step in store.steps(kept.id)]) for kept in store.campaigns()]
    if as_json:
        print_json([{"id": kept.id, "name": kept.name, "goal": kept.goal, "steps": s} for kept, s in found])
        return
    for kept, steps in found:
        typer.echo(f"{kept.id}  {kept.name:<34} {', '.join(dict.fromkeys(steps)) or 'planned'}")


@campaign.command()
def draft(
    campaign_id: CampaignArgument,
    again: Annotated[str, typer.Option(metavar="CUSTOMER", help="Only this one, in other words.")] = "",
    estimate: Annotated[bool, typer.Option("--estimate", help="Only say how long it would take.")] = False,
    shop: ShopOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write and check one message for each recipient; goes on where it was interrupted."""
    from assistant.campaign import draft_campaign, draft_message, estimate_drafting, load_campaign

    with opened_assistant(load_shop(shop)) as assistant, shown_progress("Drafting") as progress:
        found = load_campaign(assistant, campaign_id)
        expected = estimate_drafting(assistant, found)
        if not estimate and not again:
            typer.echo(expected.sentence(), err=True)
            drafts = draft_campaign(assistant, found, progress)
        elif again:
            drafts = [draft_message(assistant, found, again, again=True)]
    if estimate:
        if as_json:
            print_json(plain(expected))
        else:
            typer.echo(expected.sentence())
        return
    if as_json:
        print_json([one.as_json() | {"status": one.status} for one in drafts])
        return
    for one in drafts[:1]:
        parts = (one.text.subject, one.text.preheader, one.text.body)
        words = "\n\n".join(part for part in parts if part)
        typer.echo(f"To customer {one.customer_id}:\n\n{words}\n")
    refused = [one for one in drafts if not one.ok]
    typer.echo(f"{len(drafts):,} drafted, {len(refused):,} refused by a check.")
    for one in refused[:10]:
        details = "; ".join(check.detail for check in one.checks if not check.ok)
        typer.echo(f"  customer {one.customer_id}: {details}")
    typer.echo(f"Now run `regulars campaign approve {campaign_id}`.")


@campaign.command()
def approve(
    campaign_id: CampaignArgument, by: ByOption = "", shop: ShopOption = None, as_json: JsonOption = False
) -> None:
    """Let the messages out as they are now; red ones stay in."""
    from assistant.campaign import approve_campaign, load_campaign

    with opened_assistant(load_shop(shop)) as assistant:
        found = approve_campaign(assistant, load_campaign(assistant, campaign_id), by or getpass.getuser())
    if as_json:
        print_json(plain(found))
        return
    typer.echo(f"{found.by} approves {found.green:,} messages; {found.red:,} are red and stay in.")
    typer.echo(f"Now run `regulars campaign export {campaign_id} FILE.csv`.")


@campaign.command()
def export(
    campaign_id: CampaignArgument,
    file: Annotated[Path, typer.Argument(help="The file to write.")],
    form: Annotated[str, typer.Option(help="csv; or, as a zip, listmonk, klaviyo or eml.")] = "csv",
    by: ByOption = "",
    shop: ShopOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the approved messages for your mailing service; red ones stay out."""
    from assistant.campaign import load_campaign
    from assistant.campaign.export import export_campaign

    with opened_assistant(load_shop(shop)) as assistant:
        found = load_campaign(assistant, campaign_id)
        report = export_campaign(assistant, found, file, form, by or getpass.getuser())
    _tell(report, as_json)


@campaign.command()
def send(
    campaign_id: CampaignArgument,
    really: Annotated[bool, typer.Option("--really", help="Yes, send real e-mails to real people.")] = False,
    by: ByOption = "",
    shop: ShopOption = None,
    as_json: JsonOption = False,
) -> None:
    """Send the approved e-mails through your own mail server; goes on where it was interrupted."""
    from assistant.campaign import load_campaign
    from assistant.campaign.sending import send_campaign

    with opened_assistant(load_shop(shop)) as assistant, shown_progress("Sending") as progress:
        found = load_campaign(assistant, campaign_id)
        who = by or getpass.getuser()
        report = send_campaign(assistant, found, really=really, by=who, progress=progress)
    _tell(report, as_json)


@campaign.command()
def report(
    campaign_id: CampaignArgument,
    results: Annotated[
        Path | None, typer.Option("--import", help="A CSV of opens, clicks and orders to take in first.")
    ] = None,
    days: Annotated[int, typer.Option(help="Orders count within so many days after sending.")] = 14,
    plot: Annotated[Path | None, typer.Option(help="An SVG picture to write.")] = None,
    shop: ShopOption = None,
    as_json: JsonOption = False,
) -> None:
    """What the campaign did: written to against held out, by variant and by segment."""
    from assistant.campaign import load_campaign, report_campaign
    from assistant.campaign.plot import draw_report
    from assistant.campaign.results import import_results, read_results_file
    from shop.errors import SourceError, StoreError
    from shop.versions import write_file

    settings = load_shop(shop)
    with opened_assistant(settings) as assistant:
        chosen = load_campaign(assistant, campaign_id)
        if results is not None:
            try:
                content = results.read_bytes()
            except OSError as error:
                raise SourceError(f"cannot be read ({error.strerror}); name a CSV", file=results) from error
            text = read_results_file(content, str(results))
            for line in import_results(assistant, chosen, text, str(results)).lines():
                typer.echo(line, err=as_json)
        found = report_campaign(assistant, chosen, days)
    if plot is not None:
        if not plot.parent.is_dir():
            raise StoreError(f"{plot} cannot be written (there is no such folder); make it or name another")
        write_file(plot, draw_report(found))
    if as_json:
        print_json(found.as_json(settings.locale))
        return
    typer.echo(found.sentence(settings.locale))
    for arm in found.arms():
        typer.echo(
            f"  {arm.name:<28} {arm.customers:>7,} customers, {arm.opened:,} opened, "
            f"{arm.clicked:,} clicked, {arm.ordered:,} ordered "
            f"({arm.rate.value:.1%}, {arm.rate.low:.1%} to {arm.rate.high:.1%})"
        )


def _tell(report: ExportReport | SendReport, as_json: bool) -> None:
    if as_json:
        print_json(plain(report))
        return
    for line in report.lines():
        typer.echo(line)


def plain(value: object) -> dict[str, object]:
    """A dataclass as a JSON-ready dict."""
    from assistant.wire import plain_json

    found: dict[str, object] = plain_json(value)
    return found
