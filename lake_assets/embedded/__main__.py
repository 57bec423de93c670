"""The running stack's environment, printed for a shell: `eval "$(python -m lake_assets.embedded)"`.

What it prints holds secrets. Starting and stopping the stack is not done from here.
"""

import shlex
import sys

from lake_assets.embedded.stack import EmbeddedStack
from lake_assets.env_file import load_env_file
from lake_assets.settings import Settings


def main() -> int:
    """Print the variables as `export` lines, or say on stderr that the stack does not run."""
    load_env_file()
    settings = Settings.from_env()
    stack = EmbeddedStack(settings.home)
    if not stack.running():
        sys.stderr.write(f"The embedded stack of {stack.home} does not run. Start it with: make demo\n")
        return 2
    variables = stack.environment() | {"LAKE_ASSETS_CATALOG": str(settings.catalog)}
    for name, value in variables.items():
        sys.stdout.write(f"export {name}={shlex.quote(value)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
