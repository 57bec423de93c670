"""Receivers: the Apprise URLs of the settings, checked, and sent to.

Apprise: https://appriseit.com/. A URL holds secrets: it is in no `repr`, no log, no error and no table; a
slow hash stands for it. Which message goes to whom belongs to `outbox`.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING

from lake_assets.alerts.chat_markup import fit
from lake_assets.alerts.messages import Message
from lake_assets.alerts.quiet_logs import keep_addresses_out_of_logs
from lake_assets.exceptions import ConfigurationError
from lake_assets.settings import ALERTS

if TYPE_CHECKING:
    from apprise import AppriseAsset, AppriseResult, NotifyBase

# Apprise is imported where there is a receiver: every command that may tell an alert comes by here.

PATIENCE = 15
"""Seconds after which a receiver that does not answer is given up, until its next turn."""

REMEDY = "Write it as the page of its service at https://appriseit.com/services/ says."

SALT = b"lake_assets.alert_receivers"
"""Makes our hash of a URL another than anybody else's."""


@dataclass(frozen=True)
class Receiver:
    """Somebody who gets alerts.

    Attributes:
        id: stands for the URL in the warehouse.
        service: what kind of service it is, such as `Slack`.
        url: a secret.
    """

    id: str
    service: str
    url: str = field(repr=False)


def read_receivers(urls: Sequence[str]) -> tuple[list[Receiver], list[str]]:
    """Return who is meant by Apprise URLs, and what is wrong with those that mean nobody.

    Returns:
        The receivers, each once, and a sentence for each URL that is none, without its secrets.
    """
    receivers: dict[str, Receiver] = {}
    faults = []
    for number, url in enumerate(urls, start=1):
        service = _service(url)
        if service is None:
            place = f"URL {number} of {len(urls)} ({_scheme(url)})"
            faults.append(f"{ALERTS}: {place} is none that Apprise takes. {REMEDY}")
            continue
        receiver = Receiver(id=_digest(url), service=str(service.service_name), url=url)
        receivers[receiver.id] = receiver
    return list(receivers.values()), faults


def checked_receivers(urls: Sequence[str]) -> list[Receiver]:
    """Return who is meant by Apprise URLs, all of which must be right.

    Raises:
        ConfigurationError: some are not; the URLs themselves are not quoted.
    """
    receivers, faults = read_receivers(urls)
    if faults:
        raise ConfigurationError("\n".join(faults))
    return receivers


def send(receiver: Receiver, message: Message, severity: str) -> str | None:
    """Send a message; return what went wrong, or None.

    Args:
        receiver: who gets it.
        message: what they get.
        severity: Apprise's `info`, `success`, `warning` or `failure`.
    """
    answers: SimpleQueue[str | None] = SimpleQueue()

    def answer() -> None:
        answers.put(_send(receiver, message, severity))

    # A service may hang beyond its own time limits; a daemon thread does not keep the process from ending.
    Thread(target=answer, daemon=True).start()
    try:
        return answers.get(timeout=PATIENCE)
    except Empty:
        return f"no answer within {PATIENCE} seconds"


def _send(receiver: Receiver, message: Message, severity: str) -> str | None:
    service = _service(receiver.url)
    if service is None:
        return "the service cannot be used here"
    from apprise import Apprise  # noqa: PLC0415 - see above

    apprise = Apprise(service, asset=service.asset)
    fitted = fit(message, receiver.service, service.resolve_format("text").value)
    with apprise.notify(fitted.body, fitted.title, severity, body_format="text") as result:
        return None if result else _why(result)


def _why(result: "AppriseResult") -> str:
    """Return why a message was not taken; Apprise's own words may hold parts of the URL."""
    said = " ".join(entry.message for entry in result.logs())
    code = re.search(r"error=(\d{3})\b", said)
    if code:
        return f"it answered with HTTP status {code[1]}"
    if re.search("connection error|socket|timed? ?out", said, re.IGNORECASE):
        return "it could not be reached, or did not answer in time"
    return "it did not take the message"


def _service(url: str) -> "NotifyBase | None":
    from apprise import Apprise, OverflowMode  # noqa: PLC0415 - see above

    keep_addresses_out_of_logs()
    service = Apprise.instantiate(url, asset=_asset())
    if service is not None and "overflow=" not in url:
        # Services refuse what is longer than they take, for ever.
        service.overflow_mode = OverflowMode.TRUNCATE
    return service


@cache
def _asset() -> "AppriseAsset":
    """Return Apprise's own settings: nothing on disk, and no address in a message or a redirect but ours."""
    from apprise import AppriseAsset  # noqa: PLC0415 - see above

    return AppriseAsset(
        app_id="lake_assets",
        app_desc="lake_assets",
        app_url="",
        image_url_mask="",
        image_url_logo="",
        async_mode=False,
        http_redirects=False,
        storage_mode="memory",
        service_timeout=0,
        language="en",
    )


@cache
def _digest(url: str) -> str:
    """Return what stands for a URL in the warehouse; slow on purpose, for a URL may be guessed."""
    return hashlib.scrypt(url.encode(), salt=SALT, n=2**14, r=8, p=1, dklen=12).hex()


def _scheme(url: str) -> str:
    """Return the scheme of a URL, unless it looks as if it were part of a secret."""
    scheme, separator, _ = url.partition("://")
    if separator and re.fullmatch(r"[a-z][a-z0-9]{1,20}", scheme):
        return f"{scheme}://…"
    return "without a scheme"
