"""Proves that nothing of other people's runs as the loader, and that types in their schemas are found."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import psycopg
import pytest

import lake_assets
from lake_assets.catalog.read import read_catalog
from lake_assets.lake.s3 import Lake
from lake_assets.load.frames.slices import FrameSlice, read_slice, replace_slice
from lake_assets.load.type_schemas import qualify_types
from lake_assets.monitor.source import Judgement
from lake_assets.monitor.whole_lake import judge_sources
from lake_assets.postgres import connect
from lake_assets_tests.fix_bench import GOOD, HOUR, Bench
from lake_assets_tests.fix_cli import Company

PACKAGE = Path(lake_assets.__file__).parent
CALLED = re.compile(r"\b([a-z_0-9]+)\(")
TYPES = ["text", "varchar", "name", "smallint", "integer", "jsonb", "timestamptz"]
OPERATORS = ["=", "<>", "<", ">", "<=", ">=", "+", "-", "*", "||", "->", "->>", "#>>", "~*", "?|"]
# A sequence counts what a transaction that is rolled back has called.
TRAP = """
CREATE SEQUENCE public.sprung;
CREATE FUNCTION public.trap(called text, arguments text) RETURNS void LANGUAGE plpgsql AS $make$
BEGIN
    EXECUTE format(
        'CREATE FUNCTION public.%I(%s) RETURNS boolean LANGUAGE plpgsql AS $trap$ '
        'BEGIN PERFORM nextval(''public.sprung''); RAISE EXCEPTION ''trapped in %s''; END $trap$',
        called, arguments, called
    );
END $make$;
CREATE FUNCTION public.set_operator(symbol text, one text, other text) RETURNS void LANGUAGE plpgsql AS $make$
BEGIN
    EXECUTE format(
        'CREATE OPERATOR public.%s (FUNCTION = public.spring, LEFTARG = %s, RIGHTARG = %s)',
        symbol, one, other
    );
END $make$;
"""
TRAP_OF_ONE = """
SELECT public.trap(name, one) FROM unnest(%(functions)s::text[]) AS name, unnest(%(types)s::text[]) AS one
"""
TRAP_OF_TWO = """
SELECT public.trap(name, one || ', ' || other)
FROM unnest(%(functions)s::text[]) AS name, unnest(%(types)s::text[]) AS one,
    unnest(%(types)s::text[]) AS other
"""
TRAP_OF_SYMBOLS = """
SELECT public.set_operator(symbol, one, other)
FROM unnest(%(operators)s::text[]) AS symbol, unnest(%(types)s::text[]) AS one,
    unnest(%(types)s::text[]) AS other
"""
# What a catalog or a statement of ours could mean by mistake.
NAMESAKES = """
CREATE DOMAIN public."bigint" AS text;
CREATE DOMAIN public."dec" AS text;
CREATE DOMAIN public.jsonb AS text;
CREATE TABLE public.lake_assets_staging (_lake_file text);
CREATE TABLE public.lake_assets_rejects (key integer);
"""
CATALOG = """\
orders:
  expect: hourly
  columns:
    id: bigint
    price: dec
    kept: {type: jsonb, from: doc}
    model: {type: text, path: doc.model}
    at: {type: timestamptz, path: doc.at}
  key: [id]
  children: {parts: {path: doc.parts, columns: {n: integer}}}
"""
RECORDS = """\
id,price,doc
1,1.50,"{""model"": ""m"", ""at"": {""$date"": 1536228000000}, ""parts"": [{""n"": 1}, {""n"": 2}]}"
x,1,"{}"
3,3,"{""parts"": [{""n"": ""many""}]}"
4,4,"{""model"": NaN}"
"""


def set_traps(url: str) -> None:
    """Give everybody's schema functions and operators by the names of those that statements of ours use."""
    texts = [
        file.read_text(encoding="utf-8") for pattern in ("*.sql", "*.py") for file in PACKAGE.rglob(pattern)
    ]
    called = {name for text in texts for name in CALLED.findall(text)}
    with psycopg.connect(url, autocommit=True) as session:
        known = session.execute(
            "SELECT DISTINCT proname FROM pg_proc WHERE proname = ANY (%s)", [list(called)]
        )
        names = [name for (name,) in known if name not in ("nextval", "format", "unnest")]
        session.execute(TRAP.encode())
        traps = {"functions": [*names, "spring"], "types": TYPES, "operators": OPERATORS}
        for statement in (TRAP_OF_ONE, TRAP_OF_TWO, TRAP_OF_SYMBOLS):
            session.execute(statement.encode(), traps)
        session.execute(NAMESAKES.encode())


def is_sprung(company: Company) -> bool:
    """Return whether a trap was ever called."""
    return bool(company.query("SELECT is_called FROM public.sprung")[0][0])


def test_nobody_elses_function_runs_as_the_loader(company: Company) -> None:
    """Loads, checks, status, quarantine, alerts and waivers call PostgreSQL's own functions and operators."""
    company.write_catalog(CATALOG)
    company.put(0, RECORDS)
    company.put(1, RECORDS)
    set_traps(company.url)

    loaded = company.invoke("load")
    again = company.invoke("load", "shop.orders")
    company.invoke("check", "--deep")
    company.invoke("status")
    company.invoke("quarantine", "list")
    company.invoke("quarantine", "retry")
    company.invoke("quarantine", "purge", "--older-than", "0h")
    company.invoke("alerts", "send")
    company.invoke("alerts", "list")
    company.invoke("doctor")
    catalog = read_catalog(company.folder / "catalog")
    lake = Lake(company.bucket.client, company.bucket.bucket)
    with connect(company.url, autocommit=True) as session:
        now = datetime.now(UTC)
        judged = list(judge_sources(session, lake, catalog, catalog.sources, now, None))

    assert all(isinstance(judgement, Judgement) for judgement in judged)
    assert not is_sprung(company)
    assert loaded.exit_code == 1, loaded.output
    assert again.exit_code in (0, 1), again.output
    held = company.query("SELECT state, loaded, quarantined FROM lake_assets.table_hours WHERE files > 0")
    assert held == [("quarantined", 2, 2)] * 2
    assert company.query("SELECT id, price, model, at::text FROM shop.orders WHERE id = 1 LIMIT 1")
    types = (
        "SELECT data_type FROM information_schema.columns WHERE table_schema = 'shop' AND column_name = {}"
    )
    assert company.query(types.format("'price'")) == [("numeric",)]
    assert company.query(types.format("'kept'")) == [("jsonb",)]


@pytest.fixture
def typed(any_bench: Bench) -> Bench:
    """Return a bench whose warehouse has types in schemas that the search path of its users names."""
    any_bench.query("CREATE SCHEMA extensions")
    any_bench.query("CREATE TYPE extensions.mood AS ENUM ('sad', 'glad')")
    any_bench.query("CREATE DOMAIN extensions.\"Odd Type\" AS text CHECK (value <> 'even')")
    any_bench.query("CREATE DOMAIN public.short AS varchar(3)")
    database = any_bench.url.rsplit("/", 1)[1]
    any_bench.query(f"ALTER DATABASE {database} SET search_path = public, extensions")
    return any_bench


def test_types_are_found_where_the_roles_path_has_them(typed: Bench) -> None:
    """A type that the catalog writes without a schema is loaded, judged and compared as before."""
    table = typed.with_catalog(
        {
            "columns": {
                "feels": "mood",
                "felt": "Mood[]",
                "odd": '"Odd Type"',
                "short": "short",
                "deep": {"type": "mood", "path": "doc.mood"},
            },
        }
    )
    table.put(
        'glad,"{sad,glad}",x,abc,"{""mood"": ""sad""}"\n'
        "mad,{},x,a,{}\n"
        "sad,{},even,a,{}\n"
        'sad,{},x,a,"{""mood"": 1}"\n'
    )

    report = table.load_twice()

    assert report.error is None
    assert table.rows("feels::text, felt::text, odd, short, deep") == [
        ("glad", "{sad,glad}", "x", "abc", "sad"),
    ]
    held = table.quarantine("column_name, value")
    assert held == [("feels", "mad"), ("odd", "even"), ("deep", "1")]
    assert table.check(deep=True).passed


def test_types_of_dataframes_are_found_too(typed: Bench) -> None:
    """What an asset asks for in `types` is looked for as in a catalog."""
    target = FrameSlice(schema="shop", table="moods", types={"feels": "mood"})
    with connect(typed.url, autocommit=True) as session:
        replace_slice(session, target, [pd.DataFrame({"feels": ["glad"]})])
        written = replace_slice(session, target, [pd.DataFrame({"feels": ["sad"], "more": [1]})])

        assert written.types["feels"] == "extensions.mood"
        assert read_slice(session, target)["feels"].to_list() == ["sad"]


@pytest.mark.parametrize(
    ("declared", "qualified"),
    [
        ("mood", "extensions.mood"),
        ("MOOD (1, two)[] [3]", "extensions.mood (1, two)[] [3]"),
        ("mood array", "extensions.mood array"),
        ('"Odd Type"', 'extensions."Odd Type"'),
        ("public.short", "public.short"),
        ("nowhere_to_be_found", "nowhere_to_be_found"),
        ("dec", "dec"),
        ('"dec"', 'public."dec"'),
        ("double precision", "double precision"),
        ("character varying(3)", "character varying(3)"),
        ("timestamp(3) with time zone", "timestamp(3) with time zone"),
        ("interval day to second", "interval day to second"),
        ("text[]", "text[]"),
    ],
)  # fmt: skip
def test_a_type_gets_its_schema_and_keeps_the_rest(typed: Bench, declared: str, qualified: str) -> None:
    """PostgreSQL's own types stay as they are written, and words of SQL's own name no type of others."""
    typed.query('CREATE DOMAIN public."dec" AS text')

    with connect(typed.url, autocommit=True) as session:
        assert qualify_types(session, [declared]) == {declared: qualified}
        assert session.execute("SHOW search_path").fetchone() == ("pg_catalog, pg_temp",)


def test_the_path_of_the_url_counts(typed: Bench) -> None:
    """`options=` in the warehouse's URL says where types are, before role and database."""
    other = replace(typed, url=f"{typed.url}?options=-c%20search_path%3Dpublic")

    with connect(other.url) as session:
        assert qualify_types(session, ["mood", "short"]) == {"mood": "mood", "short": "public.short"}


TRIGGER = """
CREATE FUNCTION public.tidy(value text) RETURNS text LANGUAGE sql RETURN trim(value);
CREATE FUNCTION shop.tidy_note() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN NEW.note := tidy(NEW.note); RETURN NEW; END $$;
CREATE TRIGGER tidy BEFORE INSERT ON shop.orders FOR EACH ROW EXECUTE FUNCTION shop.tidy_note();
"""


def test_a_trigger_that_leans_on_the_path_fails_with_a_sentence(bench: Bench) -> None:
    """A function of a trigger finds no name without a schema; the error says which, and what to do."""
    bench.put(GOOD)
    bench.load()
    bench.query(TRIGGER)

    report = bench.load()

    assert (report.state, len(bench.rows())) == ("failed", 3)
    assert report.error == (
        "function tidy(text) does not exist (PL/pgSQL function shop.tidy_note() line 1 at assignment). "
        "Sessions of lake_assets look for names in pg_catalog alone: name the schema in that function, or "
        "give it a path (ALTER FUNCTION … SET search_path = …)"
    )
    bench.query("ALTER FUNCTION shop.tidy_note() SET search_path = public")
    assert bench.load(HOUR).error is None
