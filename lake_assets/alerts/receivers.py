"""Receivers: the Apprise URLs of the settings, checked, and sent to.

Apprise: https://appriseit.com/. A URL holds secrets: it is in no `repr`, no log, no error and no table; a
slow hash stands for it. Which message goes to whom belongs to `outbox`.
"""

import hashlib
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING

from lake_assets.alerts.messages import Message
from lake_assets.exceptions import ConfigurationError
from lake_assets.settings import ALERTS

if TYPE_CHECKING:
    from apprise import AppriseAsset, AppriseResult, NotifyBase

# Apprise is imported where there is a receiver: every command that may tell an alert comes by here.

PATIENCE = 15
"""Seconds after which a receiver that does not answer is given up, until its next turn."""

REMEDY = "Write it as the page of its service at https://appriseit.com/services/ says."

# Apprise logs URLs it cannot read, and urllib3, below WARNING, the paths of those it calls.
logging.getLogger("apprise").addHandler(logging.NullHandler())
logging.getLogger("apprise").propagate = False
logging.getLogger("urllib3.connectionpool").setLevel(logging.WARNING)


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
    """Read Apprise URLs.

    Returns:
        The receivers, and a sentence for each URL that is none, without its secrets.
    """
    receivers: dict[str, Receiver] = {}
    faults = []
    for number, url in enumerate(urls, start=1):
        service = _service(url)
        if service is None:
            faults.append(
                f"{ALERTS}: URL {number} of {len(urls)} ({_scheme(url)}) is none that Apprise takes. {REMEDY}"
            )
        else:
            receiver = Receiver(_digest(url), str(service.service_name), url)
            receivers[receiver.id] = receiver
    return list(receivers.values()), faults


def checked_receivers(urls: Sequence[str]) -> list[Receiver]:
    """Read Apprise URLs, all of which must be right.

    Raises:
        ConfigurationError: some are not; the URLs themselves are not quoted.
    """
    receivers, faults = read_receivers(urls)
    if faults:
        raise ConfigurationError("\n".join(faults))
    return receivers


def send(receiver: Receiver, message: Message, severity: str) -> str | None:
    """Send a message, and give what went wrong, or None.

    Args:
        receiver: who gets it.
        message: what they get.
        severity: Apprise's `info`, `success`, `warning` or `failure`.
    """
    # A service may hang beyond its own time limits; a daemon thread does not keep the process from ending.
    answers: SimpleQueue[str | None] = SimpleQueue()
    Thread(target=lambda: answers.put(_send(receiver, message, severity)), daemon=True).start()
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
    with apprise.notify(message.body, message.title, severity, body_format="text") as result:
        return None if result else _why(result)


def _why(result: "AppriseResult") -> str:
    """Say why a message was not taken; Apprise's own words may hold parts of the URL."""
    said = " ".join(entry.message for entry in result.logs())
    if code := re.search(r"error=(\d{3})\b", said):
        return f"it answered with HTTP status {code[1]}"
    if re.search("connection error|socket|timed? ?out", said, re.IGNORECASE):
        return "it could not be reached, or did not answer in time"
    return "it did not take the message"


def _service(url: str) -> "NotifyBase | None":
    from apprise import Apprise, OverflowMode  # noqa: PLC0415 - see above

    service = Apprise.instantiate(url, asset=_asset())
    if service is not None and "overflow=" not in url:
        # Services refuse what is longer than they take, for ever.
        service.overflow_mode = OverflowMode.TRUNCATE
    return service


@cache
def _asset() -> "AppriseAsset":
    """Give Apprise's own settings: nothing on disk, and no address in a message or a redirect but ours."""
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
    salt = b"lake_assets.alert_receivers"
    return hashlib.scrypt(url.encode(), salt=salt, n=2**14, r=8, p=1, dklen=12).hex()


def _scheme(url: str) -> str:
    scheme, separator, _ = url.partition("://")
    return (
        f"{scheme}://…" if separator and re.fullmatch(r"[a-z][a-z0-9]{1,20}", scheme) else "without a scheme"
    )
