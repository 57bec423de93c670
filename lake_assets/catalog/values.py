"""The single values of a catalog (names, types, hours, durations …), each refused with its remedy.

What must fit together between values belongs to `rules`.
"""

import re
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, ValidationInfo, WithJsonSchema

from lake_assets.catalog.faults import did_you_mean, refusal, sentences
from lake_assets.catalog.type_form import SERIAL, TYPE_FORM
from lake_assets.exceptions import ConfigurationError
from lake_assets.hours import parse_hour

# Bytes of an identifier; PostgreSQL cuts longer ones short (manual, "Identifiers and Key Words").
LONGEST_NAME = 63
OUR_COLUMNS = "_lake_"
# A table of PostgreSQL holds 1600 columns (manual, "PostgreSQL Limits"); main keeps three of them for itself:
# `_lake_hour`, `_lake_file` and `_lake_record`.
MOST_COLUMNS = 1597
# Names that systems have in their database of time zones and that say nothing of the files.
ZONES_OF_THE_MACHINE = frozenset({"localtime", "posixrules", "factory"})
SYSTEM_COLUMNS = frozenset({"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"})  # manual, "System Columns"
LAYOUT_PLACES = ("table", "yyyy", "mm", "dd", "hh")
PLACE = r"\{([^{}]*)\}"

# Dagster's own rules for the parts of an asset key, for groups and for owners (1.13).
PLAIN_NAME = r"[A-Za-z0-9_]+"
GROUP = rf"{PLAIN_NAME}(/{PLAIN_NAME})*"
OWNER = r"team:.+|[A-Za-z0-9_][A-Za-z0-9._%+-]*@[A-Za-z0-9.-]+\.[A-Za-z]{2,7}"

HOUR = r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ]([0-9]{2})(?::00(?::00)?)?Z?)?"
DURATION = r"(?=[0-9])(?:([0-9]{1,5})d)?(?:([0-9]{1,5})h)?(?:([0-9]{1,5})m)?(?:([0-9]{1,5})s)?"
SIZE = r"([0-9]{1,9}) ?([KMGT]i?B|B)"
UNITS = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
UNITS |= {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
TRANSFORM = r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*"


def check_identifier(name: str) -> str:
    """Refuse what PostgreSQL cannot hold as the name of a schema, table or column."""
    if not name:
        raise refusal("the name is empty.", "Write a name.")
    if "\0" in name:
        raise refusal(f"{name!r} holds a NUL, which PostgreSQL cannot.", "Leave the NUL out.")
    length = len(name.encode())
    if length > LONGEST_NAME:
        raise refusal(
            f"{name!r} has {length} bytes, and PostgreSQL holds {LONGEST_NAME}.",
            "Write a shorter name, and put the one of the lake in `from:`.",
        )
    return name


def check_plain_name(name: str) -> str:
    """Refuse what Dagster does not take as a part of an asset key."""
    if not re.fullmatch(PLAIN_NAME, name):
        plain = re.sub(r"[^A-Za-z0-9_]+", "_", name).strip("_")
        instead = plain or "with letters, digits and _ only"
        raise refusal(
            f"{name!r} is not a plain name, as Dagster wants it.",
            f"Name it {instead}, and put the name it has in the lake in `from:`.",
        )
    return check_identifier(name)


def check_column_name(name: str) -> str:
    """Refuse what cannot be a column of main."""
    remedy = "Name the column otherwise, and put the name it has in the file in `from:`."
    if name.startswith(OUR_COLUMNS):
        raise refusal(f"{name!r} starts with {OUR_COLUMNS}, which is kept for lake_assets.", remedy)
    if name in SYSTEM_COLUMNS:
        raise refusal(f"{name!r} is a system column of every PostgreSQL table.", remedy)
    return check_identifier(name)


def is_reserved_schema(name: str) -> bool:
    """Return whether a warehouse schema is PostgreSQL's or the ledger's own."""
    return name.startswith("pg_") or name in {"information_schema", "lake_assets"}


def check_schema(name: str) -> str:
    """Refuse what cannot be the warehouse schema of a source."""
    if is_reserved_schema(name):
        raise refusal(f"the schema {name!r} is reserved.", "Write another `schema:`.")
    return check_identifier(name)


def check_folder(folder: str) -> str:
    """Refuse what cannot be a folder of the lake."""
    if not folder or folder.startswith("/") or folder.endswith("/") or "//" in folder:
        raise refusal(
            f"{folder!r} is not a folder.",
            "Write its name as it stands in the lake, without slashes around it.",
        )
    return folder


def check_type(text: str) -> str:
    """Refuse what is not in the form of a PostgreSQL type (whether the type exists, the server says)."""
    if not TYPE_FORM.fullmatch(text.strip()):
        raise refusal(
            f"{text!r} is not in the form of a type.",
            "Write a type of PostgreSQL alone, such as text, numeric(12,2), timestamp(3) with time zone, "
            'int[] or my_schema."My Type"; constraints and defaults have no place here.',
        )
    if re.fullmatch(SERIAL, text.strip(), re.IGNORECASE):
        raise refusal(f"{text!r} is no type of its own in PostgreSQL.", "Write smallint, integer or bigint.")
    return text.strip()


def split_path(value: Any) -> tuple[str, ...]:
    """Read a path into a JSON column: dotted text, or a list where keys hold dots themselves or are empty."""
    parts = split_keys(value)
    column_missing = not parts or not parts[0] or isinstance(value[0], int)
    # In a list the keys after the first may be empty, for JSON has such keys.
    part_missing = isinstance(value, str) and not all(parts)
    if column_missing or part_missing:
        raise refusal(
            f"the path {value!r} has an empty part.",
            'Write every part; where a key holds a dot itself or is empty, write a list: [_doc, "a.b", ""].',
        )
    return parts


def split_element_path(value: Any) -> tuple[str, ...]:
    """Read a path inside an element of an array; an empty list is the element itself."""
    parts = split_keys(value)
    if isinstance(value, str) and not all(parts):
        raise refusal(
            f"the path {value!r} has an empty part.",
            "Write every part, or a list; for the element itself write an empty list: [].",
        )
    return parts


def split_keys(value: Any) -> tuple[str, ...]:
    """Read keys, dotted or as a list; a whole number in a list is a place in an array, counted from 0."""
    parts = value
    if isinstance(value, str):
        parts = value.split(".")
    if not isinstance(parts, list | tuple) or not all(map(_is_key, parts)):
        raise refusal(
            f"{value!r} is not a path.",
            "Write it dotted, such as _doc.device.model, or as a list of texts: [_doc, device, model].",
        )
    return tuple(map(str, parts))


def _is_key(part: Any) -> bool:
    if isinstance(part, bool) or not isinstance(part, str | int):
        return False
    return "\0" not in str(part)


def read_hour(value: Any) -> datetime:
    """Read an hour, a date (its first hour), or a whole hour in a longer form; always UTC."""
    remedy = "Write it as 2018-09-06T10 (UTC)."
    match = _match(HOUR, value)
    if not match:
        raise refusal(f"{value!r} is not an hour.", remedy)
    day, hour = match.groups(default="00")
    try:
        return parse_hour(f"{day}T{hour}")
    except ConfigurationError as error:
        raise refusal(f"{value!r} is not an hour of the calendar.", remedy) from error


def read_duration(value: Any) -> timedelta:
    """Read a duration such as `10m` or `1h30m`."""
    match = _match(DURATION, value)
    if not match:
        raise refusal(
            f"{value!r} is not a duration.", "Write it with d, h, m or s, such as 10m, 1h or 1h30m."
        )
    days, hours, minutes, seconds = map(int, match.groups(default="0"))
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def read_size(value: Any) -> int:
    """Read a size such as `64GiB` or `500MB` as bytes; a whole number is one of bytes."""
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    match = _match(SIZE, value)
    if not match or not int(match[1]):
        raise refusal(f"{value!r} is not a size.", "Write it with its unit, such as 64GiB, 500MB or 1TiB.")
    return int(match[1]) * UNITS[match[2]]


def _match(pattern: str, value: Any) -> re.Match[str] | None:
    """Return the match of a whole text; None too for what is no text."""
    if isinstance(value, str):
        return re.fullmatch(pattern, value)
    return None


def check_limit(value: Any) -> int | float:
    """Refuse what is neither a number of records (an int) nor a fraction of them (a float)."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    if isinstance(value, float) and 0 <= value <= 1:
        return value
    raise refusal(
        f"{value!r} is neither a number of records nor a fraction.",
        "Write a whole number such as 100, or a fraction from 0.0 to 1.0 such as 0.01.",
    )


def check_layout(layout: str) -> str:
    """Refuse a template of folders that could tell no hour."""
    if layout == "auto" or _is_template(layout):
        return layout
    places = re.findall(PLACE, layout)
    hints = [did_you_mean(place, LAYOUT_PLACES) for place in places if place not in LAYOUT_PLACES]
    form = (
        "Write auto, or a template that starts with {table}/ and has {yyyy}, {mm}, {dd} and, where "
        "folders are by hour, {hh}."
    )
    raise refusal(f"{layout!r} is not a layout.", sentences(*hints, form))


def _is_template(layout: str) -> bool:
    places = set(re.findall(PLACE, layout))
    stray_brace = re.search(r"[{}]", re.sub(PLACE, "", layout))
    if stray_brace or not layout.startswith("{table}/"):
        return False
    return {"yyyy", "mm", "dd"} <= places <= set(LAYOUT_PLACES)


def check_header(value: Any) -> Any:
    """Refuse 1 and 0 too, which Python takes for true and false."""
    if value == "auto" or isinstance(value, bool):
        return value
    raise refusal(f"{value!r} is not a word known here.", "Write one of auto, true, false.")


def check_delimiter(delimiter: str) -> str:
    """Refuse what PostgreSQL's COPY does not take as the delimiter of CSV (manual, "COPY")."""
    one_character = len(delimiter) == 1 and delimiter.isascii()
    if not one_character or delimiter in '"\r\n\0':
        raise refusal(
            f"{delimiter!r} is not a delimiter.",
            'Write one ASCII character that is no quote and no line end, such as ",", ";", "|" or "\\t" '
            "(in double quotes).",
        )
    return delimiter


def check_null(null: str, info: ValidationInfo) -> str:
    """Refuse what PostgreSQL's COPY does not take as the text of NULL (manual, "COPY")."""
    delimiter = info.data.get("delimiter", "")  # missing where it was refused itself
    if set(null) & {'"', "\r", "\n", "\0", delimiter}:
        raise refusal(
            f"{null!r} cannot stand for NULL: it holds a quote, a line end, a NUL or the delimiter.",
            'Write what an unquoted cell holds when it is NULL, such as "", "NULL" or "\\\\N".',
        )
    return null


def check_encoding(encoding: str) -> str:
    """Refuse what Python has no text codec for."""
    try:
        "".encode(encoding)
    except (LookupError, ValueError) as error:
        raise refusal(
            f"{encoding!r} is not an encoding that Python knows.",
            "Write one such as utf-8, latin-1, cp1252 or utf-16.",
        ) from error
    return encoding


def check_timezone(name: str) -> str:
    """Refuse what is not in the time zone database."""
    if name.lower() in ZONES_OF_THE_MACHINE:
        raise refusal(
            f"{name!r} is the zone of whatever machine this runs on.",
            "Write UTC, or an area and a place such as Europe/Madrid.",
        )
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise refusal(
            f"{name!r} is not a time zone.", "Write UTC, or an area and a place such as Europe/Madrid."
        ) from error
    return name


def check_transform(reference: str) -> str:
    """Refuse what does not look like `module:function`."""
    if not re.fullmatch(TRANSFORM, reference):
        raise refusal(f"{reference!r} names no function.", "Write module:function, such as my_module:clean.")
    return reference


def check_owner(owner: str) -> str:
    """Refuse what Dagster does not take as an owner."""
    if not re.fullmatch(OWNER, owner):
        raise refusal(f"{owner!r} is not an owner.", "Write an e-mail address, or a team such as team:data.")
    return owner


def check_group(group: str) -> str:
    """Refuse what Dagster does not take as a group."""
    if not re.fullmatch(GROUP, group):
        raise refusal(f"{group!r} is not a group.", "Write letters, digits and _, and / between levels.")
    return group


def _form(pattern: str, *, longest: int | None = None) -> WithJsonSchema:
    """Return the JSON schema of a text of this form, of at most `longest` characters."""
    schema: dict[str, Any] = {"type": "string", "pattern": f"^({pattern})$"}
    if longest is not None:
        schema["maxLength"] = longest
    return WithJsonSchema(schema)


def _path(keys: int) -> WithJsonSchema:
    """Return the JSON schema of a path of at least so many keys."""
    listed = {"type": "array", "items": {"type": ["string", "integer"]}, "minItems": keys}
    return WithJsonSchema({"anyOf": [{"type": "string", "minLength": 1}, listed]})


PlainName = Annotated[str, AfterValidator(check_plain_name), _form(PLAIN_NAME, longest=LONGEST_NAME)]
ColumnName = Annotated[
    str,
    AfterValidator(check_column_name),
    WithJsonSchema(
        {"type": "string", "minLength": 1, "maxLength": LONGEST_NAME, "not": {"pattern": f"^{OUR_COLUMNS}"}}
    ),
]
SchemaName = Annotated[
    str,
    AfterValidator(check_schema),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": LONGEST_NAME, "not": {"pattern": "^pg_"}}),
]
Folder = Annotated[str, AfterValidator(check_folder), _form(r"[^/]+(/[^/]+)*")]
TypeName = Annotated[str, AfterValidator(check_type), WithJsonSchema({"type": "string", "minLength": 1})]
JsonPath = Annotated[tuple[str, ...], BeforeValidator(split_path), _path(1)]
ElementPath = Annotated[tuple[str, ...], BeforeValidator(split_element_path), _path(0)]
Hour = Annotated[datetime, BeforeValidator(read_hour), _form(HOUR)]
Duration = Annotated[timedelta, BeforeValidator(read_duration), _form(DURATION)]
Size = Annotated[
    int,
    BeforeValidator(read_size),
    WithJsonSchema(
        {"anyOf": [{"type": "string", "pattern": f"^{SIZE}$"}, {"type": "integer", "minimum": 1}]}
    ),
]
Limit = Annotated[
    int | float,
    BeforeValidator(check_limit),
    WithJsonSchema(
        {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "number", "minimum": 0, "maximum": 1}]}
    ),
]
Layout = Annotated[
    str, AfterValidator(check_layout), WithJsonSchema({"type": "string", "pattern": "^auto$|^\\{table\\}/"})
]
Header = Annotated[Literal["auto", True, False], BeforeValidator(check_header)]
Delimiter = Annotated[str, AfterValidator(check_delimiter), _form(r'[^"\r\n]')]
NullText = Annotated[str, AfterValidator(check_null), _form(r'[^"\r\n]*')]
Encoding = Annotated[str, AfterValidator(check_encoding)]
Timezone = Annotated[str, AfterValidator(check_timezone)]
Transform = Annotated[str, AfterValidator(check_transform), _form(r"[\w.]+:\w+")]
Owner = Annotated[str, AfterValidator(check_owner), _form(OWNER)]
Group = Annotated[str, AfterValidator(check_group), _form(GROUP)]
