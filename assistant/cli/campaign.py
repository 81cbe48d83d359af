"""Commands of the marketer: campaign plan, draft, export.

Thin: each calls one function of the library and prints what came back. A campaign is named by the
id that `plan` prints.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assistant.cli.frame import (
    JsonOption,
    ShopOption,
    load_shop,
    opened_assistant,
    print_json,
    shown_progress,
)

campaign = typer.Typer(help="Win customers back: who to write to, and in which words.", no_args_is_help=True)

CampaignArgument = Annotated[str, typer.Argument(metavar="CAMPAIGN", help="The id `campaign plan` printed.")]


@campaign.command()
def plan(
    days: Annotated[int, typer.Option(help="Customers with no order in this many days.")] = 90,
    limit: Annotated[int, typer.Option(help="At most this many, the biggest spenders first.")] = 50,
    holdout: Annotated[float, typer.Option(help="Share that gets no mail, to measure the effect.")] = 0.1,
    shop: ShopOption = None,
    as_json: JsonOption = False,
) -> None:
    """Choose who to write to; only customers who allow marketing e-mail."""
    from assistant.campaign import plan_campaign
    from assistant.wire import plain_json

    with opened_assistant(load_shop(shop)) as assistant:
        found = plan_campaign(assistant, days=days, limit=limit, holdout=holdout)
    if as_json:
        print_json(plain_json(found))
        return
    typer.echo(found.sentence(assistant.settings.locale))
    for reason, count in found.excluded:
        typer.echo(f"  left out: {count:,} ({reason})")
    typer.echo(f"Campaign {found.id}. Now run `regulars campaign draft {found.id}`.")


@campaign.command()
def draft(
    campaign_id: CampaignArgument,
    tone: Annotated[
        str, typer.Option(help="How the messages sound: plain, warm, playful, elegant or brief.")
    ] = "plain",
    shop: ShopOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write and check one message for each recipient; goes on where it was interrupted."""
    from assistant.campaign import draft_campaign, load_campaign

    with opened_assistant(load_shop(shop)) as assistant, shown_progress("Drafting") as progress:
        drafts = draft_campaign(assistant, load_campaign(assistant, campaign_id), progress, tone=tone)
    if as_json:
        print_json([found.as_json() for found in drafts])
        return
    for found in drafts[:1]:
        typer.echo(
            f"The first of them, to customer {found.customer_id}:\n\n{found.subject}\n\n{found.body}\n"
        )
    refused = [found for found in drafts if not found.ok]
    typer.echo(f"{len(drafts):,} drafted, {len(refused):,} refused by a check.")
    for found in refused[:10]:
        details = "; ".join(check.detail for check in found.checks if not check.ok)
        typer.echo(f"  customer {found.customer_id}: {details}")
    typer.echo(f"Now run `regulars campaign export {campaign_id} FILE.csv`.")


@campaign.command()
def export(
    campaign_id: CampaignArgument,
    file: Annotated[Path, typer.Argument(help="The CSV file to write.")],
    shop: ShopOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the messages as CSV for your mailing service; refused ones stay out."""
    from assistant.campaign import load_campaign
    from assistant.campaign.export import export_campaign
    from assistant.wire import plain_json

    with opened_assistant(load_shop(shop)) as assistant:
        report = export_campaign(assistant, load_campaign(assistant, campaign_id), file)
    if as_json:
        print_json(plain_json(report))
        return
    for line in report.lines():
        typer.echo(line)
