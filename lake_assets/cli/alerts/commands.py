"""The commands of `lake-assets alerts`: their options and help.

What each does belongs to `listing` and `sending`; help texts stand in docs/commands.md too.
"""

# ruff: noqa: D301 - click takes a backspace for "keep these lines as they are"

import click

from lake_assets.cli.group import Group, leave
from lake_assets.cli.options import json_option


@click.group(cls=Group, short_help="See what people are told, and tell them.")
def alerts() -> None:
    """See what people are told, and tell them.

    What is wrong is told once for each cause, again when it grows or lasts, and when it is over. Each message
    is kept in the warehouse until every receiver of LAKE_ASSETS_ALERTS has it. `load`, `check` and the sensor
    `alerts` of Dagster tell by themselves.

    \b
    Example:
      lake-assets alerts list
    """


@alerts.command("list", short_help="List what is open, and how far it was told.")
@click.option("--all", "closed", is_flag=True, help="Also list what is over; the newest 100.")
@json_option
def list_alerts(closed: bool, as_json: bool) -> None:
    """List the alerts that are open, newest first: since when, what, and whether every receiver has it.

    \b
    Examples:
      lake-assets alerts list
      lake-assets alerts list --all --json

    Exit status 0: none is open; 1: some are; 2: the command, a setting or a service is wrong.
    """
    from lake_assets.cli.alerts import listing as command

    leave(command.run(closed=closed, as_json=as_json))


@alerts.command("send", short_help="Tell now what is to be told.")
@json_option
def send_alerts(as_json: bool) -> None:
    """Look for what is wrong by the ledger as it is, and deliver every message that is due.

    \b
    Example:
      lake-assets alerts send

    Exit status 0: every receiver has every message; 1: some are still to be delivered, and why; 2: the
    command, a setting or a service is wrong.
    """
    from lake_assets.cli.alerts import sending as command

    leave(command.run_send(as_json=as_json))


@alerts.command("test", short_help="Send a test message to every receiver.")
@json_option
def test_alerts(as_json: bool) -> None:
    """Send a test message to each receiver of LAKE_ASSETS_ALERTS, and say what came of it.

    \b
    Example:
      lake-assets alerts test

    Exit status 0: every receiver took it; 1: some did not; 2: the command, a setting or a service is wrong.
    """
    from lake_assets.cli.alerts import sending as command

    leave(command.run_test(as_json=as_json))
