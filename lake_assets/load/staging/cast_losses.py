"""What a type loses of a text that it reads, or takes for something else: the one home of the rule.

The value is judged, and not how it is spelled: the server reads a text once as its type and once as a wider
one that keeps all of it, and a difference is a loss. What no type of the server keeps (nanoseconds, the base
of digits) is told by forms of texts. Which cells need a look is told by `readers.suspects`; what becomes of a
record that loses something by `load.staging.file_copy` and `load.staging.document_expressions`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, Protocol

from psycopg import sql

from lake_assets.catalog.models import DateOrder
from lake_assets.postgres import type_name
from lake_assets.readers.suspects import Kind, Watched

LossCode = Literal[
    "order", "offset", "clock", "day", "fraction", "sixtieth", "minutes", "months", "fields",
    "places", "digits", "sign", "grouping", "blanks", "cut", "unsure",
]  # fmt: skip

REMEDY = "or `lossy: allow`"
LONGEST_SHOWN = 100  # characters of a value in a sentence
FIELD_OUT_OF_RANGE = "22008"  # SQLSTATE of a date whose month is a day, or whose day is a year

DAY_OR_MONTH = "day or month first? say `dates: dmy` or `dates: mdy`"

_SENTENCES: Mapping[LossCode, str] = {
    "order": f"{DAY_OR_MONTH}, or write the year first, with four digits",
    "offset": "{type} would drop the offset from UTC; declare a type with time zone, {remedy}",
    "clock": "{type} would drop the time of day; declare timestamp or timestamptz, {remedy}",
    "day": "{type} would drop the day; declare timestamp or timestamptz, {remedy}",
    "fraction": "{type} would round the fraction of a second; declare more digits, or text, {remedy}",
    "places": "{type} would round it; declare more digits behind the point, {remedy}",
    "digits": "{type} would take it for digits of another base, or in groups; declare text, {remedy}",
    "sixtieth": "{type} would make its sixtieth second the next minute; declare text, {remedy}",
    "minutes": "{type} would take the hours for minutes; declare text, {remedy}",
    "months": "{type} would make a part of a month days of a thirtieth; declare text, {remedy}",
    "fields": "{type} would drop or round parts of it; declare interval, {remedy}",
    "blanks": "{type} would cut blanks at its end; declare a longer type, or text, {remedy}",
    "cut": "{type} would cut it; declare text, {remedy}",
    "unsure": "it cannot be told what {type} would lose of it; declare text, {remedy}",
    "sign": "{type} would take it for another number; declare bigint or numeric, {remedy}",
    "grouping": "{type} would round it, or read its commas otherwise; declare numeric or text, {remedy}",
}

# All forms are read by Python and by PostgreSQL alike (manual, "Regular Expression Details").
_MONTH = "[A-Za-z]{3,9}"
_YEAR_IN_FULL = (
    r"\A\s*(?:[0-9]{4}[-./ ]|[0-9]{5,6}-|[0-9]{8}(?![0-9])|[jJ][0-9]+|[-+]?[A-Za-z]+\s*\Z"
    rf"|[0-9]{{1,2}}[-./ ]*{_MONTH}[-./, ]+[0-9]{{4}}(?![0-9])"
    rf"|(?:{_MONTH}[., ]+)?{_MONTH}[-./ ]*[0-9]{{1,2}}[-./, ]+[0-9]{{4}}(?![0-9]))"
)
_SIX_DIGITS = r"\A\s*[0-9]{6}(?![0-9])"  # always year, month, day to PostgreSQL
_NO_YEAR_INSIDE = r"[\[({,\"]\s*[0-9]{1,3}[-./ ]+[0-9]{1,2}[-./ ]"
_DAY_OR_MONTH_FIRST = r"(?<![-0-9:./])[0-9]{1,2}[-./ ]+(?:[0-9]{1,2}|[A-Za-z]{3,9})[-./ ]+[0-9]{1,4}"
_NANOSECONDS = r"\.[0-9]{6}[0-9]*[1-9]"
_SIXTIETH = r":60(?![0-9])"
_MINUTES = r"(?<![0-9:])[0-9]{1,2}:[0-9]{1,2}\.[0-9]"
_BASE = r"0[xXoObB]|_"
_HEXADECIMAL = r"0[xX]"
_PART_OF_MONTHS = (
    r"\.[0-9]*[1-9][0-9]*\s*(?:[yY]|[mM][oO][nN]|[dD][eE][cC]|[cC][eE][nN]|[cC](?![A-Za-z])|[mM][iI][lL])"
    r"|P[^T]*\.[0-9]*[1-9][0-9]*[YM]"
)
_ANY_DAY = (
    r"(?<![.:0-9])[0-9]+\s*[-./]\s*[0-9A-Za-z]+\s*[-./]|(?<![.0-9])[0-9]{8}"
    rf"|[0-9]\s*{_MONTH}[-., ]*[0-9]{{4}}|{_MONTH}[-. ]*[0-9]{{1,2}}[-., ]+[0-9]{{4}}"
)
_ANY_CLOCK = r"(?<![0-9])0*[1-9][0-9]*:|:[0-9]*[1-9]"

# Texts of which nothing can be lost; `{day}` and `{digits}` are filled in.
_YEAR_FIRST = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_DECLARED_ORDER = "[0-9]{1,2}[-./][0-9]{1,2}[-./][0-9]{4}"
_PLAIN_CLOCK = r"[0-2][0-9]:[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{0,@digits}0*)?)?"
_NO_ZONE = "(?:Z|[-+]00(?::?00)?)?"
_ANY_ZONE = "(?:Z|[-+][0-9]{2}(?::?[0-9]{2})?)?"
_PLAIN: Mapping[Kind, str] = {
    "number": r"\A[-+0-9.eE]*\Z",
    "scaled": r"\A[-+]?[0-9]*(?:\.[0-9]{0,@digits}0*)?\Z",
    "moment": rf"\A@day[ T]{_PLAIN_CLOCK}{_NO_ZONE}\Z",
    "instant": rf"\A@day[ T]{_PLAIN_CLOCK}{_ANY_ZONE}\Z",
    "day": r"\A@day(?:[ T]00:00(?::00(?:\.0*)?)?)?\Z",
    "clock": rf"\A{_PLAIN_CLOCK}\Z",
    "span": r"\A-?[0-9]+:[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{0,6}0*)?)?\Z",
    "padded": r"[^ ]\Z",
}


class Test(Protocol):
    """One way in which a text can lose something."""

    @property
    def loss(self) -> LossCode:
        """What it loses."""

    def condition(self, text: sql.Composable, known: "KnownType") -> sql.Composed:
        """Return the condition under which it does; the text must be one that the type reads."""


@dataclass(frozen=True)
class Form:
    """Texts of a form lose something.

    Attributes:
        loss: what they lose.
        pattern: the form.
        is_loss: they do; else all others do.
    """

    loss: LossCode
    pattern: str
    is_loss: bool = True

    def condition(self, text: sql.Composable, known: "KnownType") -> sql.Composed:
        """Return the condition under which a text is of the form, or is not."""
        del known
        operator = sql.SQL("~" if self.is_loss else "!~")
        return sql.SQL("({}) {} {}").format(text, operator, sql.Literal(self.pattern))


@dataclass(frozen=True)
class Wider:
    """What a type makes of a text is not what a wider type makes of it.

    Attributes:
        loss: what is lost.
        type: the wider type.
        reads_all: it reads every text that the type reads, so that one it does not read loses something.
    """

    loss: LossCode
    type: str
    reads_all: bool = True

    def condition(self, text: sql.Composable, known: "KnownType") -> sql.Composed:
        """Return the condition under which both differ."""
        wider = self.type + known.brackets
        return sql.SQL(
            "CASE WHEN pg_input_is_valid({text}, {name})"
            " THEN ({text})::{wider} IS DISTINCT FROM ({text})::{own}::text::{wider} ELSE {unread} END"
        ).format(
            text=text,
            name=sql.Literal(wider),
            wider=sql.SQL(wider),
            own=type_name(known.declared),
            unread=sql.Literal(self.reads_all),
        )


@dataclass(frozen=True)
class Places:
    """A number with more digits than its type keeps, but for a double that is written out.

    Some programs write a double with 17 to 20 digits: 0.1 is 0.10000000000000000555. A number that long is
    that of 15 digits or fewer that is the same double, for all of these survive in one (C's DBL_DIG).
    """

    loss: LossCode = "places"

    def condition(self, text: sql.Composable, known: "KnownType") -> sql.Composed:
        """Return the condition under which digits are lost that are not a double's own."""
        differ = Wider("places", "numeric").condition(text, known)
        if known.brackets:
            return differ
        kept = sql.SQL("({})::{}::numeric").format(text, type_name(known.declared))
        mantissa = sql.SQL("split_part(lower({}), 'e', 1)").format(text)
        rounded = _digits_of(sql.SQL("trim_scale({})::text").format(kept))
        is_double = sql.SQL(
            "CASE WHEN {digits} BETWEEN 17 AND 20 AND {rounded} <= 15 AND pg_input_is_valid({text}, 'float8')"
            " THEN ({text})::float8 = ({kept})::float8 ELSE false END"
        ).format(digits=_digits_of(mantissa), rounded=rounded, text=text, kept=kept)
        return sql.SQL("({} AND NOT {})").format(differ, is_double)


def _digits_of(number: sql.Composable) -> sql.Composed:
    """Return the expression of how many digits a number's text has, zeros in front left aside."""
    return sql.SQL("length(ltrim(regexp_replace({}, '[^0-9]', '', 'g'), '0'))").format(number)


@dataclass(frozen=True)
class Grouping:
    """Money that is rounded, or whose points and commas are read otherwise than the text has them."""

    loss: LossCode = "grouping"

    def condition(self, text: sql.Composable, known: "KnownType") -> sql.Composed:
        """Return the condition under which money is another number than the text, read in either way."""
        if known.brackets:
            return sql.SQL(
                "CASE WHEN pg_input_is_valid({0}, 'numeric[]')"
                " THEN ({0})::numeric[] IS DISTINCT FROM ({0})::money[]::numeric[] ELSE true END"
            ).format(text)
        bare = sql.SQL("translate({}, '$()+- ', '')").format(text)
        grouped = sql.SQL(
            "replace(regexp_replace({}, '[.,](?=[0-9]{{3}}(?![0-9]))', '', 'g'), ',', '.')"
        ).format(bare)
        number = sql.SQL("abs(({})::money::numeric)").format(text)
        same = [
            sql.SQL(
                "CASE WHEN pg_input_is_valid({0}, 'numeric') THEN ({0})::numeric = {1} ELSE false END"
            ).format(reading, number)
            for reading in (bare, grouped)
        ]
        return sql.SQL("NOT ({} OR {})").format(*same)


_ORDER = Form("order", _YEAR_IN_FULL, is_loss=False)
_NANO = Form("fraction", _NANOSECONDS)
_LEAP = Form("sixtieth", _SIXTIETH)
_IN_MINUTES = Form("minutes", _MINUTES)
_OTHER_BASE = Form("digits", _BASE)
_HEX = Form("digits", _HEXADECIMAL)
_WITH_DAY = Form("day", _ANY_DAY)
_WHOLE: tuple[Test, ...] = (_OTHER_BASE,)
_APPROXIMATE: tuple[Test, ...] = (_HEX,)
_UNSIGNED: tuple[Test, ...] = (_OTHER_BASE, Wider("sign", "numeric"))
_TIMES: tuple[Test, ...] = (_LEAP, _NANO, _IN_MINUTES)

# By the names of pg_type. What is not here loses nothing, or loses by declaration (docs/bad-input.md).
_TESTS: Mapping[str, tuple[Test, ...]] = {
    **dict.fromkeys(("int2", "int4", "int8", "int2vector"), _WHOLE),
    **dict.fromkeys(("int4range", "int8range", "numrange"), _WHOLE),
    **dict.fromkeys(("int4multirange", "int8multirange", "nummultirange"), _WHOLE),
    **dict.fromkeys(("oid", "xid", "xid8", "cid"), _UNSIGNED),
    **dict.fromkeys(("float4", "float8"), _APPROXIMATE),
    "numeric": (_OTHER_BASE, Places()),
    "money": (Grouping(),),
    # A date may lie beyond all times; there its own text has to tell.
    "date": (
        _ORDER,
        Wider("clock", "timestamp", reads_all=False),
        Wider("offset", "timestamptz", reads_all=False),
        Form("clock", _ANY_CLOCK),
    ),
    "timestamp": (_ORDER, *_TIMES, Wider("fraction", "timestamp"), Wider("offset", "timestamptz")),
    "timestamptz": (_ORDER, *_TIMES, Wider("fraction", "timestamptz")),
    "time": (_WITH_DAY, *_TIMES, Wider("fraction", "time"), Wider("offset", "timetz")),
    "timetz": (_WITH_DAY, *_TIMES, Wider("fraction", "timetz")),
    "interval": (_NANO, Form("months", _PART_OF_MONTHS), Wider("fields", "interval")),
    **dict.fromkeys(("daterange", "datemultirange"), (_ORDER, Form("clock", _ANY_CLOCK))),
    "tsrange": (_ORDER, *_TIMES, Wider("offset", "tstzrange")),
    "tsmultirange": (_ORDER, *_TIMES, Wider("offset", "tstzmultirange")),
    **dict.fromkeys(("tstzrange", "tstzmultirange"), (_ORDER, *_TIMES)),
    "varchar": (Wider("blanks", "text"),),
    "name": (Wider("cut", "text"),),
    "char": (Wider("cut", "text"),),
}  # fmt: skip
_KINDS: Mapping[str, Kind] = {
    **dict.fromkeys(("int2", "int4", "int8", "float4", "float8"), "number"),
    "date": "day",
    "timestamp": "moment",
    "timestamptz": "instant",
    "time": "clock",
}
_TEMPORAL = frozenset({"date", "timestamp", "timestamptz"})
_MICROSECONDS = 6
_MODIFIER_HEAD = 4  # what a modifier counts besides the length (PostgreSQL's VARHDRSZ)


_VALUE = sql.SQL("asked.value")


def _of_value(text: sql.Composable, judged: sql.Composable) -> sql.Composed:
    """Return the expression of what is judged of `_VALUE`, which is a text.

    The text stands in it once. It may call functions whose bodies PostgreSQL puts wherever they are called;
    OFFSET keeps it from spreading them, with which statements took minutes.
    """
    return sql.SQL("(SELECT {} FROM (SELECT {} AS value OFFSET 0) AS asked)").format(judged, text)


@dataclass(frozen=True)
class KnownType:
    """A declared type as the server knows it, domains looked through.

    Attributes:
        declared: as the catalog writes it.
        name: of the type, or of an array's elements, in pg_type; None where it is not PostgreSQL's own.
        modifier: lengths and digits, in PostgreSQL's way; -1 for none.
        is_array: it is an array.
        inner: the type behind domains and of an array's elements, as the server writes it.
        dates: the order of dates that are not written year first.
    """

    declared: str
    name: str | None
    modifier: int = -1
    is_array: bool = False
    inner: str = ""
    dates: DateOrder = "ymd"

    @property
    def can_lose(self) -> bool:
        """Whether there is a text of which the type loses something."""
        return bool(self._tests)

    @property
    def brackets(self) -> str:
        """What an array's type has behind that of its elements."""
        return "[]" if self.is_array else ""

    @property
    def of_element(self) -> "KnownType":
        """The type of an array's elements."""
        return replace(self, declared=self.inner, is_array=False)

    @property
    def of_instant(self) -> "KnownType":
        """What judges times of which the offset was heeded before the type dropped it."""
        modifier = f"({self.modifier})" if self.modifier >= 0 else ""
        return replace(self, declared=f"timestamptz{modifier}", name="timestamptz")

    @cached_property
    def watched(self) -> Watched:
        """What is looked for in cells of the type."""
        if self.is_array or self.name is None:
            return Watched("any")
        if self.name == "varchar":
            return Watched("padded", self.modifier - _MODIFIER_HEAD)
        if self.name == "numeric":
            return self._watched_numeric
        if self.name == "interval" and self.modifier < 0:
            return Watched("span")
        kind = _KINDS.get(self.name, "any")
        digits = self.modifier if 0 <= self.modifier < _MICROSECONDS else _MICROSECONDS
        return Watched(kind, digits)

    @property
    def _watched_numeric(self) -> Watched:
        scale = self._scale
        if scale is None:
            return Watched("number")
        return Watched("scaled", scale) if scale >= 0 else Watched("any")

    @property
    def _scale(self) -> int | None:
        """How many digits a numeric keeps behind the point; below zero they are missing before it."""
        if self.modifier < 0:
            return None
        bits = (self.modifier - _MODIFIER_HEAD) & 0x7FF
        return (bits ^ 1024) - 1024  # eleven bits with a sign (PostgreSQL's numeric_typmod_scale)

    @cached_property
    def plain(self) -> str | None:
        """The form of texts of which nothing is lost for sure; None where each needs a closer look."""
        form = _PLAIN.get(self.watched.kind)
        if form is None:
            return None
        day = _YEAR_FIRST if self.dates == "ymd" else f"(?:{_YEAR_FIRST}|{_DECLARED_ORDER})"
        return form.replace("@day", day).replace("@digits", str(self.watched.digits))

    @cached_property
    def _plain_here(self) -> re.Pattern[str] | None:
        return None if self.plain is None else re.compile(self.plain)

    def is_plain(self, text: str) -> bool:
        """Return whether a text is of a form of which nothing is lost."""
        return self._plain_here is not None and self._plain_here.search(text) is not None

    def loss(self, text: sql.Composable) -> sql.Composed:
        """Return the expression of what is lost of a text: a code, or NULL for nothing; it may be an error.

        Args:
            text: the expression of the text.
        """
        return _of_value(text, self._cases)

    def soft_loss(self, text: sql.Composable) -> sql.Composed:
        """Return the same, NULL for a text that the type does not read."""
        is_read = sql.SQL("CASE WHEN pg_input_is_valid({}, {}) THEN {} END")
        return _of_value(text, is_read.format(_VALUE, sql.Literal(self.declared), self._cases))

    @property
    def _cases(self) -> sql.Composed:
        cases = [
            sql.SQL("WHEN {} THEN {}").format(test.condition(_VALUE, self), sql.Literal(test.loss))
            for test in self._tests
        ]
        return sql.SQL("CASE {} END").format(sql.SQL(" ").join(cases))

    def quick_loss(self, text: sql.Composable, *, soft: bool = False) -> sql.Composed:
        """Return the same, with a quick look first that lets most texts pass.

        Args:
            text: the expression of the text.
            soft: it must be no error, whatever the text.
        """
        closer = self.soft_loss(text) if soft else self.loss(text)
        if self.plain is None:
            return closer
        return sql.SQL("CASE WHEN ({}) ~ {} THEN NULL ELSE {} END").format(
            text, sql.Literal(self.plain), closer
        )

    @cached_property
    def _tests(self) -> "list[Test]":
        tests = list(_TESTS.get(self.name or "", ()))
        has_modifier = self.modifier >= 0
        if self.name in {"numeric", "varchar"} and not has_modifier:
            tests = [test for test in tests if not isinstance(test, Wider | Places)]
        if _ORDER in tests:
            tests[tests.index(_ORDER)] = self._order
        return tests

    @property
    def _order(self) -> Test:
        """What tells a date whose order is guessed."""
        if self.is_array or self.name not in _TEMPORAL:
            return Form("order", _NO_YEAR_INSIDE)
        if self.dates == "ymd":
            return _ORDER
        return Form("order", _SIX_DIGITS)


def sentence(loss: LossCode, column: str, declared: str, value: str | None) -> str:
    """Return what is wrong with a value that its type would change, with the remedy.

    Args:
        loss: what would be lost.
        column: whose value it is, for a person.
        declared: the type, as the catalog writes it.
        value: the value.
    """
    shown = repr((value or "")[:LONGEST_SHOWN])
    said = _SENTENCES[loss].format(type=declared, remedy=REMEDY)
    return f"{column} {shown}: {said}"


def is_day_or_month_first(value: str | None, sqlstate: str | None) -> bool:
    """Return whether the server refused a date because nobody has told it which number is the day."""
    if value is None or sqlstate != FIELD_OUT_OF_RANGE:
        return False
    return re.search(_DAY_OR_MONTH_FIRST, value) is not None
