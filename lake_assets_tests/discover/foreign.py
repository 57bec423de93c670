"""Files as other projects' tests and the open data of the world have them, each with what it truly holds.

The truth is Python's `csv` where that reads as the record rule does; else it is written out.
"""

import csv
import gzip
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lake_assets_tests.discover.conftest import CHANGES, FULL, LATER

Row = list[str | None]


@dataclass(frozen=True)
class Foreign:
    """A table that somebody else wrote.

    Attributes:
        files: their bytes, by name.
        rows: what shall be in main, as texts, in the order of the files.
        names: the columns by the files' header; None where the files have none.
        bad: how many records shall be in quarantine.
    """

    files: dict[str, bytes]
    rows: Sequence[Row]
    names: Sequence[str] | None = None
    bad: int = 0


def table(
    text: str,
    *,
    mark: str = ",",
    header: bool = True,
    encoding: str = "utf-8",
    null: str = "",
    bad: Iterable[int] = (),
) -> Foreign:
    """Make a table of one file, whose truth Python's csv tells.

    Args:
        text: what it holds.
        mark: its delimiter.
        header: its first record names the columns.
        encoding: how it is written.
        null: the cell that is NULL.
        bad: numbers of records for quarantine, from 1, the header not counted.
    """
    records = list(csv.reader(io.StringIO(text, newline=""), delimiter=mark))
    names = records.pop(0) if header else None
    out = set(bad)
    rows: list[Row] = [
        [None if cell == null else cell for cell in record]
        for number, record in enumerate(records, 1)
        if number not in out
    ]
    return Foreign({FULL: text.encode(encoding)}, rows, names, len(out))


def rows(*written: str, mark: str = "|") -> list[Row]:
    """Write rows out, with bars between cells and nothing for NULL."""
    return [[cell or None for cell in row.split(mark)] for row in written]


_WIDE = ",".join(f"c{place}" for place in range(500)) + "\n" + ",".join(map(str, range(500))) + "\n"
_ADDRESSES = (
    'first,last,address,city,zip\nAda,Byron,"12 Row St, Flat 3",Hove,BN3 1AA\nAl,Khwa,"1, Souk",Khiva,2\n'
)
_PEOPLE = "name,city,note\nMüller,Köln,große Straße\nJosé,Málaga,señor\nÅngström,Umeå,blåbær\n"

CASES: dict[str, Foreign] = {
    "simple": table("a,b,c\n1,2,3\n4,5,6\n"),
    "simple_crlf": table("a,b,c\r\n1,2,3\r\n4,5,6\r\n"),
    "no_newline_at_end": table("a,b,c\n1,2,3\n4,5,6"),
    "line_ends_mixed": table("a,b\n1,2\r\n3,4\n5,6\r\n"),
    "comma_in_quotes": table(_ADDRESSES),
    "empty_quoted": table('a,b,c\n1,"",""\n2,3,4\n'),
    "escaped_quotes": table('a,b\n1,"ha ""ha"" ha"\n3,4\n'),
    "json_cells": table('key,val\n1,"{""type"": ""Point"", ""at"": [102.0, 0.5]}"\n2,"{}"\n'),
    "newlines": table('a,b,c\n1,2,3\n"Once upon\na time",5,6\n7,8,9\n'),
    "newlines_crlf": table('a,b,c\r\n1,2,3\r\n"Once upon\r\na time",5,6\r\n7,8,9\r\n'),
    "carriage_return_in_quotes": table('a,b\n1,"x\ry"\n2,z\n'),
    "quotes_and_newlines": table('a,b\n1,"ha \n""ha"" \nha"\n3,4\n'),
    "utf8": table("a,b,c\n1,2,3\n4,5,ʤ\n"),
    "emoji": table('id,t\n1,"👩‍👩‍👧‍👦"\n2,مرحبا\n3,\u202eabc\n4,a\u2028b\n5,a\x0bb\n6,\ufeffx\n'),
    "semicolons_and_decimal_commas": table("id;x;y\n1;1,5;2,25\n2;3,75;4,0\n", mark=";"),
    "semicolons_without_header": table("1;1,5;2,25\n2;3,75;4,0\n", mark=";", header=False),
    "semicolons_and_prose": table("id;t\n1;red, blue\n2;pink, green\n3;black, white\n", mark=";"),
    "thousands": table('id,n\n1,"1,234.50"\n2,"12,345,678.00"\n3,7\n'),
    "thousands_in_semicolons": table("id;n\n1;1,234.50\n2;2,345.00\n", mark=";"),
    "tabs": table("id\tname\tat\n1\tx, y\t2018-09-06\n2\tz\t2018-09-07\n", mark="\t"),
    "bars": table("1|a|2.5\n2|b|3.5\n", mark="|", header=False),
    "bars_with_quotes": table('id|t\n1|"a|b"\n2|c\n', mark="|"),
    "bars_inside_commas": table("id,tags\n1,a|b\n2,c|d\n3,e|f\n"),
    "hive": table("1\x01a\x01\n2\x01b\x012.5\n3\x01c\x01\n", mark="\x01", header=False),
    "two_bars": table("1||a\n2||b\n", mark="|", header=False),
    "numbers_in_one_column": table("7\n8\n9\n", header=False),
    "numbers_under_a_name": table("amount\n7\n8\n"),
    "words_in_one_column": table("alpha\nbravo\ncharlie\n", header=False),
    "words_under_a_name": table("name\nPeter\nPaul\n"),
    "sentences": table("A first one.\nAnd one more; really.\nWho? Me.\n", header=False),
    "one_cell": table("lonely\n", header=False),
    "one_number": table("1\n", header=False),
    "spaces_between": table("a b c\n1 2 3\n4 5 6\n"),
    "passwd": table("root:x:0:0:/root\ndaemon:x:1:1:/sbin\n", header=False),
    "mark_and_quoted_header": table('"id","name"\n"1","x"\n"2","y"\n', encoding="utf-8-sig"),
    "utf16": table("id,name\n1,Zoë\n2,日本\n", encoding="utf-16"),
    "utf16_be": Foreign({FULL: "\ufeffid,name\n1,Zoë\n".encode("utf-16-be")}, rows("1|Zoë"), ["id", "name"]),
    "utf16_without_mark": table("id,name\n1,Zoë\n2,Ann\n", encoding="utf-16-le"),
    "utf16_be_tabs": table("id\tname\n1\tZoë\n2\tAnn\n", mark="\t", encoding="utf-16-be"),
    "utf16_one_of_two": Foreign(
        {CHANGES: b"id,name\n1,x\n", LATER: "id,name\n2,Zoë\n".encode("utf-16")},
        rows("1|x", "2|Zoë"),
        ["id", "name"],
    ),
    "utf32": table("id,name\n1,Zoë\n2,x\n", encoding="utf-32"),
    "latin1": table(_PEOPLE, encoding="latin-1"),
    "latin1_header": table("id,año,país\n1,2018,España\n2,2019,Perú\n", encoding="latin-1"),
    "cp1252": table("id,t\n1,5 €\n2,“naïve” café\n3,Noël \u2013 déjà\n", encoding="cp1252"),
    "cyrillic": Foreign(
        {FULL: "id,t\n1,x\n2,y\n3,Привет мир\n".encode("cp1251")}, rows("1|x", "2|y"), ["id", "t"], 1
    ),
    "shift_jis": Foreign(
        {FULL: "id,t\n1,x\n2,y\n3,日本語\n".encode("shift-jis")}, rows("1|x", "2|y"), ["id", "t"], 1
    ),
    "czech": Foreign(
        {FULL: "id,t\n1,x\n2,příliš žluťoučký\n3,kůň úpěl\n".encode("cp1250")}, rows("1|x"), ["id", "t"], 2
    ),
    "mixed_encodings": Foreign(
        {FULL: "id,t\n1,Zoë\n".encode() + "2,Noël\n".encode("latin-1") + b"3,x\n"},
        rows("1|Zoë", "3|x"),
        ["id", "t"],
        1,
    ),
    "one_wrong_byte": Foreign({FULL: b"id,t\n1,a\n2,b\xffc\n3,d\n"}, rows("1|a", "3|d"), ["id", "t"], 1),
    "cut_in_a_character": Foreign(
        {FULL: b"id,t\n1,a\n2,b\xe2\x82\n3,d\n"}, rows("1|a", "3|d"), ["id", "t"], 1
    ),
    "blanks_after_commas": table("a, b, c\n1, 2, 3\n4, 5, 6\n"),
    "blanks_before_quotes": Foreign({FULL: b'a,b\n1,x\n2, "y"\n3,z\n'}, rows("1|x", "3|z"), ["a", "b"], 1),
    "blank_cells": table("id,t,u\n1, ,\t\n2,  x ,y \n"),
    "comments": Foreign({FULL: b"# made by hand\n1,2\n3,4\n# end\n"}, rows("1|2", "3|4"), None, 2),
    "comments_above_a_header": Foreign({FULL: b"# one\nid,n\n1,2\n"}, rows("id|n", "1|2"), None, 1),
    "excel_sep": table("sep=;\n1;2\n3;4\n", mark=";"),
    "title_and_footer": Foreign(
        {FULL: b"Sales\n1,2\n3,4\n5,6\nTotal: 3\n"}, rows("1|2", "3|4", "5|6"), None, 2
    ),
    "ragged": table("a,b,c\n1,2,3\n4,5\n6,7,8,9\n10,11,12\n", bad=[2, 3]),
    "blank_lines": Foreign({FULL: b"a,b\n\n1,2\n\n3,4\n"}, rows("1|2", "3|4"), ["a", "b"]),
    "header_too_wide": Foreign({FULL: b"a,b,c\n1,2\n3,4\n5,6\n"}, rows("1|2", "3|4", "5|6"), None, 1),
    "header_too_narrow": Foreign({FULL: b"a,b\nx,1,2\ny,3,4\n"}, rows("x|1|2", "y|3|4"), None, 1),
    "trailing_commas": table("a,b,\n1,2,\n3,4,\n"),
    "pandas_index": table(",a,b\n0,1,2\n1,3,4\n"),
    "r_row_names": table('"","mpg","cyl"\n"Mazda RX4",21,6\n"Datsun 710",22.8,4\n'),
    "duplicate_names": table("a,b,a\n1,2,3\n4,5,6\n"),
    "names_differ_in_case": table("id,ID,Id\n1,2,3\n4,5,6\n"),
    "odd_names": table(
        'id,share %,"a ""b""","x\ny",Größe,select,_lake_hour,a.b\n1,2,3,4,5,6,7,8\n9,8,7,6,5,4,3,2\n'
    ),
    "header_only": table("id,name,created_at\n"),
    "years": table("country,2016,2017\nSpain,1.5,2.5\nPeru,3.5,\n"),
    "quote_all": table('"id","name"\n"1","x"\n"2",""\n"3","y, z"\n'),
    "not_available": table("id,a,b,c,d\n1,NA,n/a,NaN,-\n2,5,6,7,8\n3,,,,\n"),
    "null_words": table("id,a,b\n1,NULL,x\n2,5,\n3,6,NULL\n", null="NULL"),
    "mysql_dump": table(
        "1\t\\N\t2018-09-06\n2\t5\t\\N\n3\t6\t2018-09-07\n", mark="\t", header=False, null="\\N"
    ),
    "all_null": table("id,a\n1,\n2,\n"),
    "truth": table("id,a,b,c,d,e\n1,true,True,yes,t,1\n2,false,False,no,f,0\n"),
    "dates": Foreign(
        {FULL: b"id,a,b,c,d\n1,01/02/2018,2018-1-2,20180102,2018-02-29\n2,31/12/2018,2018-1-3,2018,x\n"},
        rows("1|2018-02-01|2018-1-2|20180102|2018-02-29", "2|2018-12-31|2018-1-3|2018|x"),
        ["id", "a", "b", "c", "d"],
    ),
    "moments": table(
        "id,a,b,c,d\n1,2018-09-06T10:00:00.000+02:00,2018-09-06 10:00:00.123456,10:15:30,838:59:59\n"
        "2,2018-09-06T10:00:00Z,2018-09-06 10:00:00,23:59:59.5,-00:00:01\n"
    ),
    "odd_moments": table(
        "id,a,b,c,d,e\n1,0000-00-00,now,24:00:00,10000-01-01,2018-09-06 10:00:00.1234567\n"
        "2,2018-09-06,today,10:00:00,2018-01-01,2018-09-06 10:00:00\n"
    ),
    "special_words": table("id,a,b,c\n1,infinity,epoch,nan\n2,-infinity,yesterday,5\n"),
    "zeros": table("zip,phone,n,m\n08123,+34600,-0,.5\n28001,+34601,0,1.5\n"),
    "long_numbers": table(
        f"id,a,b,c\n9223372036854775807,18446744073709551615,{'9' * 40},0.{'1' * 40}\n1,2,3,4.10\n"
    ),
    "scientific": table("id,a,b\n1,+5.0656000000000000e+05,1e5\n2,-1.0000000000000000e+00,1E-3\n"),
    "money": table('id,a,b\n1,"$1,234.50",5%\n2,$7.00,10%\n'),
    "long_cell": table(f"id,t\n1,{'x' * 100_000}\n2,y\n"),
    "five_hundred_columns": table(_WIDE),
    "packed": Foreign({FULL: gzip.compress(b"id,n\n1,2\n")}, rows("1|2"), ["id", "n"]),
    "packed_in_two": Foreign(
        {FULL: gzip.compress(b"id,n\n") + gzip.compress(b"1,2\n")}, rows("1|2"), ["id", "n"]
    ),
    "packed_latin1": Foreign(
        {FULL: gzip.compress(_PEOPLE.encode("cp1252"))}, table(_PEOPLE).rows, ["name", "city", "note"]
    ),
    "stray_quotes": Foreign({FULL: b'id,t\n1,5" pipe\n2,a"b"\n3,c\n'}, rows("3|c"), ["id", "t"], 2),
    "backslash_quotes": Foreign({FULL: b'id,t\n1,"a\\"b"\n2,c\n3,d\n'}, rows("2|c", "3|d"), ["id", "t"], 1),
    "single_quotes": Foreign({FULL: b"id,t\n1,'a,b'\n2,'c'\n3,d\n"}, rows("2|'c'", "3|d"), ["id", "t"], 1),
    "nul_in_a_cell": Foreign({FULL: b"id,t\n1,a\0b\n2,c\n"}, rows("1|a\ufffdb", "2|c"), ["id", "t"]),
    "backslashes": table("id,t\n1,\\N\n2,\\.\n3,C:\\dir\\\n"),
    "html": table('id,t\n1,"<a href=""x"">y</a>"\n2,&amp;\n'),
    "formulas": table("id,t\n1,=1+1\n2,@SUM(A1)\n3,-x\n4,+y\n"),
    "two_headers": Foreign({CHANGES: b"id,n\n1,2\n", LATER: b"n,id\n4,3\n"}, rows("1|2", "3|4"), ["id", "n"]),
    "pets": table("cat,felix\ndog,rex\nfish,wanda\n", header=False),
    "usual_names": table("title,description\nDune,sand\nEmma,match\n"),
    "yes_and_no": table("Y,N\nN,N\nY,Y\nN,Y\n", header=False),
    "a_word_above_numbers": table("abc,red\n5,red\n6,blue\n", header=False),
    "two_files_in_one": table("id,name\n1,a\nid,name\n2,b\n"),
    "schema_of_a_table": table("name,type,pos\nid,int,1\nname,text,2\n"),
    "open_data": table(
        "Año;Provincia;Población\r\n2018;Málaga;1.641.121\r\n2018;Cádiz;1.238.714\r\n",
        mark=";",
        encoding="latin-1",
    ),
    "house_prices": table('"{A-1}","64995","E2 9DU","F",""\n"{A-2}","72000","B1 2X","T","2"\n', header=False),
    "airports": table('1,"Goroka",\\N,5282\n2,"Madang","GKA",\\N\n', header=False, null="\\N"),
    "tildes": table("a~b~c\n1~2~3\n4~5~6\n", mark="~"),
    "powers": table("x^2\ny^3\nz^4\n", header=False),
    "inches": Foreign(
        {FULL: "".join(f'{size}\t{size}" pipe\n' for size in range(12)).encode()},
        [[str(size), f'{size}" pipe'] for size in range(12)],
    ),
    "pounds": table("id,p\n1,£5\n2,£6\n3,£7\n", encoding="latin-1"),
    "degrees": table("id,p\n1,5°C\n2,6°C\n3,m²\n", encoding="latin-1"),
    "macintosh": Foreign(
        {FULL: "id,t\n1,a\n2,café\n3,Müller\n".encode("mac-roman")}, rows("1|a"), ["id", "t"], 2
    ),
    "polish": Foreign({FULL: "id,t\n1,a\n2,złoty\n3,gęśl\n".encode("cp1250")}, rows("1|a"), ["id", "t"], 2),
    "turkish": Foreign(
        {FULL: "id,t\n1,a\n2,İstanbul şehri\n3,çağdaş şey\n".encode("cp1254")}, rows("1|a"), ["id", "t"], 2
    ),
    "gbk": Foreign({FULL: "id,t\n1,a\n2,中文\n3,你好\n".encode("gbk")}, rows("1|a"), ["id", "t"], 2),
    "blank_lines_of_one_column": Foreign({FULL: b"x\n1\n\n3\n"}, [["1"], [None], ["3"]], ["x"]),
    "one_name_in_all_files": Foreign(
        {CHANGES: b"colour\nblue\n", LATER: b"colour\nred\n"}, rows("blue", "red"), ["colour"]
    ),
    "old_macintosh_lines": Foreign(
        {CHANGES: b"1,a\n2,b\n", LATER: b"3,c\r4,d\r"}, rows("1|a", "2|b"), None, 1
    ),
    "op": Foreign({CHANGES: b"I,1,a\nI,2,b\n"}, rows("1|a", "2|b")),
    "titanic": table(
        'PassengerId,Survived,Name,Age,Ticket,Cabin\n1,0,"Braun, Mr. Owen ""Bo""",22,A/5 21171,\n'
        '2,1,"Futrel, Mrs. May",38.5,113803,C123\n3,1,"Hei, Miss. Lai",,0042,\n'
    ),
}
