"""Which layout a table's folder has, as the catalog says it.

Pure functions of keys and times: nothing here talks to S3. `auto` knows every way AWS DMS lays out files; any
other tree is described by a template. Which parts of a folder are worth listing for a few hours is
`lake.prefixes`'s; opening files and telling their dialect are not done here either.
"""

from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from lake_assets.exceptions import ConfigurationError
from lake_assets.lake.auto_layout import AutoLayout
from lake_assets.lake.placement import Layout
from lake_assets.lake.template_layout import TemplateLayout


@lru_cache(maxsize=1024)
def read_layout(layout: str, timezone: str, folder: str) -> Layout:
    """Read the `layout` and `timezone` of the catalog's `files` options.

    Args:
        layout: `auto`, or a template.
        timezone: an IANA name, such as `UTC` or `Pacific/Auckland`.
        folder: the table's folder, which `{table}` stands for.

    Raises:
        ConfigurationError: there is no such time zone, or the template cannot tell an hour.
    """
    try:
        zone = ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ConfigurationError(
            f"The time zone {timezone!r} is unknown. Write an IANA name, such as UTC or Pacific/Auckland."
        ) from error
    if layout == "auto":
        return AutoLayout(zone)
    return TemplateLayout.of(layout, folder, zone)
