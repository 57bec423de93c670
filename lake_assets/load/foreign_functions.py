"""Functions of other people that a load comes to: those of triggers, checks, defaults and domains of main.

They look for names where the session does, and sessions of lake_assets look into no schema of other people's.
"""

import psycopg

_UNDEFINED = (
    psycopg.errors.UndefinedFunction,  # operators, too
    psycopg.errors.UndefinedTable,
    psycopg.errors.UndefinedObject,  # such as types
    psycopg.errors.InvalidSchemaName,
)


def unreachable_name(error: BaseException) -> str | None:
    """Return what is to be said of a name that such a function does not reach; None of any other error."""
    if not isinstance(error, _UNDEFINED) or not error.diag.context:
        return None
    where = error.diag.context.splitlines()[-1]
    return (
        f"{error.diag.message_primary} ({where}). Sessions of lake_assets look for names in pg_catalog "
        "alone: name the schema in that function, or give it a path (ALTER FUNCTION … SET search_path = …)"
    )
