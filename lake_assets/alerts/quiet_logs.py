"""What HTTP libraries may log: no address, for those of receivers and monitors hold secrets."""

import logging
from functools import cache


@cache
def keep_addresses_out_of_logs() -> None:
    """Keep Apprise from logging at all, and urllib3 from logging what it calls; once in a process."""
    # Apprise logs URLs it cannot read, and urllib3, below WARNING, the paths of those it calls.
    apprise = logging.getLogger("apprise")
    apprise.addHandler(logging.NullHandler())
    apprise.propagate = False
    logging.getLogger("urllib3.connectionpool").setLevel(logging.WARNING)
