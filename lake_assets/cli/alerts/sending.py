"""`lake-assets alerts send` and `test`: tell now what is to be told, or that nothing is wrong."""

from collections.abc import Mapping

from rich.text import Text

from lake_assets.alerts.messages import Message
from lake_assets.alerts.receivers import Receiver, checked_receivers, send
from lake_assets.alerts.service import Told
from lake_assets.cli.alerts.round import run_round, tell_undelivered
from lake_assets.cli.context import open_context
from lake_assets.cli.exit_status import exit_status
from lake_assets.cli.output.console import mark, print_line, stderr_console, stdout_console
from lake_assets.cli.output.json_document import write_json
from lake_assets.exceptions import ConfigurationError
from lake_assets.pluralize import pluralize
from lake_assets.settings import ALERTS

TEST_MESSAGE = Message(
    title="a test of lake_assets",
    body=(
        "This is a test: alerts of lake_assets arrive here.\n\nNothing is wrong, and there is nothing to do."
    ),
)

TestResult = Mapping[str, str | None]
"""Which service a test message was sent to, and the error, if it did not take it."""


def run_send(*, as_json: bool) -> int:
    """Run a round of alerts, and return exit status 1 if a message is still to be delivered."""
    with open_context() as context:
        checked_receivers(context.settings.alerts)
        with context.connect() as connection:
            told = run_round(context, connection)
    if as_json:
        write_json(_as_row(told))
    else:
        opened, delivered = pluralize(told.open, "alert"), pluralize(told.delivered.messages, "message")
        print_line(stderr_console(), f"{opened} open; {delivered} delivered.")
        tell_undelivered(told)
    return exit_status(needs_attention=told.delivered.waiting > 0)


def _as_row(told: Told) -> dict[str, object]:
    return {
        "open": told.open,
        "delivered": told.delivered.messages,
        "waiting": told.delivered.waiting,
        "opened": told.opened,
        "errors": told.delivered.errors,
    }


def run_test(*, as_json: bool) -> int:
    """Send a test message to each receiver, and return exit status 1 if one did not take it.

    Raises:
        ConfigurationError: there is no receiver, or a URL is wrong.
    """
    with open_context() as context:
        receivers = checked_receivers(context.settings.alerts)
    if not receivers:
        raise ConfigurationError(f"{ALERTS} is not set: there is nobody to tell. Set it to Apprise URLs.")
    results = [_test(receiver) for receiver in receivers]
    if as_json:
        write_json({"receivers": results})
    else:
        for result in results:
            _show(result)
    return exit_status(needs_attention=any(result["error"] for result in results))


def _test(receiver: Receiver) -> TestResult:
    return {"service": receiver.service, "error": send(receiver, TEST_MESSAGE, "info")}


def _show(result: TestResult) -> None:
    outcome = result["error"] or "it took the message"
    line = Text.assemble(mark(ok=not result["error"]), f"{result['service']}: {outcome}")
    print_line(stdout_console(), line)
