"""Who runs a command, as far as the computer knows: a person's word is written down with a name."""

import getpass


def user_name() -> str | None:
    """Return the name of the user of this computer; None where it does not know one."""
    try:
        return getpass.getuser()
    except (KeyError, ImportError, OSError):
        return None
