"""Proves `lake-assets alerts`, and that the other commands tell of what they find."""

import json
import re

from lake_assets_tests.fix_alerts import TOKEN, Inbox
from lake_assets_tests.fix_cli import Company, shown

HOURLY = "orders: {expect: hourly, columns: {id: bigint, note: text}}"
BAD = f"slack://{TOKEN}"


def test_a_load_and_a_check_tell_what_is_wrong_and_what_is_over(company: Company, inbox: Inbox) -> None:
    """Without any daemon, `load` tells of a missing hour once, and `check` of its end."""
    company.write_catalog(HOURLY)
    company.put(0)
    words = ("--from", shown(0), "--to", shown(2))
    assert company.invoke("load", *words, LAKE_ASSETS_ALERTS=inbox.url).exit_code == 1
    company.invoke("check", *words, LAKE_ASSETS_ALERTS=inbox.url)
    assert inbox.told == [f"failure: missing: shop.orders, {shown(1)}"]

    company.put(1)
    company.invoke("load", *words, LAKE_ASSETS_ALERTS=inbox.url)

    assert inbox.told[1:] == [f"success: over: missing: shop.orders, {shown(1)}"]


def test_what_could_not_be_delivered_is_said_and_sent_later(company: Company, inbox: Inbox) -> None:
    """A receiver that fails is named on stderr; `alerts send` delivers when its time has come."""
    company.write_catalog(HOURLY)
    inbox.answer = 500
    result = company.invoke("load", "--to", shown(1), LAKE_ASSETS_ALERTS=inbox.url)
    assert result.exit_code == 1
    assert "alerts: 1 message not delivered yet (JSON: it answered with HTTP status 500)" in result.stderr
    assert TOKEN not in result.stderr
    listed = company.invoke("alerts", "list")
    assert "(1 message not delivered yet: it answered with HTTP status 500)" in listed.stdout

    inbox.answer, inbox.received[:] = 200, []
    assert company.invoke("alerts", "send", LAKE_ASSETS_ALERTS=inbox.url).exit_code == 1
    company.query("UPDATE lake_assets.alert_deliveries SET next_attempt_at = now()")
    sent = company.invoke("alerts", "send", "--json", LAKE_ASSETS_ALERTS=inbox.url)

    assert (sent.exit_code, json.loads(sent.stdout)["delivered"]) == (0, 1)
    assert len(inbox.received) == 1


def test_alerts_are_listed_where_nobody_is_told(company: Company) -> None:
    """Without a receiver, alerts are written all the same, and the list says that nobody was told."""
    empty = company.invoke("alerts", "list")
    assert (empty.exit_code, empty.stdout, empty.stderr) == (0, "", "No alert is open.\n")
    company.write_catalog(HOURLY)
    company.invoke("load", "--to", shown(1))

    listed = company.invoke("alerts", "list")

    assert listed.exit_code == 1
    assert re.fullmatch(
        rf"....-..-..T..:..Z  missing: shop\.orders, {shown(0)} "
        r"\(nobody was told: there was no receiver\)\n",
        listed.stdout,
    )
    (alert,) = json.loads(company.invoke("alerts", "list", "--json").stdout)["alerts"]
    assert (alert["kind"], alert["tables"], alert["closed_at"]) == ("missing", ["shop.orders"], None)


def test_a_test_message_reaches_every_receiver(company: Company, inbox: Inbox) -> None:
    """`alerts test` sends to each receiver and says which took it; the status is 1 if one did not."""
    result = company.invoke("alerts", "test", LAKE_ASSETS_ALERTS=f"{inbox.url} json://127.0.0.1:1/{TOKEN}")

    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "OK  JSON: it took the message",
        "BAD JSON: it could not be reached, or did not answer in time",
    ]
    assert inbox.told == ["info: a test of lake_assets"]
    nobody = company.invoke("alerts", "test")
    assert (nobody.exit_code, "LAKE_ASSETS_ALERTS is not set" in nobody.stderr) == (2, True)


def test_a_bad_url_ends_a_load_before_it_begins(company: Company) -> None:
    """A malformed URL is an error of the configuration, whose secret is not shown; nothing is loaded."""
    company.put(0)

    for words in (["load"], ["load", "--to", shown(1)], ["check"], ["alerts", "send"], ["alerts", "test"]):
        result = company.invoke(*words, LAKE_ASSETS_ALERTS=BAD)
        assert result.exit_code == 2
        assert "URL 1 of 1 (slack://…) is none that Apprise takes" in result.stderr
        assert TOKEN not in result.stdout + result.stderr
    assert company.query("SELECT count(*) FROM lake_assets.table_hours") == [(0,)]


def test_the_doctor_knows_the_receivers(company: Company, inbox: Inbox) -> None:
    """The doctor counts receivers by service, and names a URL that is none, without its secret."""
    company.put(0)
    good = company.invoke("doctor", LAKE_ASSETS_ALERTS=f"{inbox.url} mailto://u:{TOKEN}@example.com")
    assert (good.exit_code, good.stdout.splitlines()[-1]) == (0, "OK  alerts: 2 receivers (JSON, E-Mail)")

    bad = company.invoke("doctor", LAKE_ASSETS_ALERTS=f"{inbox.url} {BAD}")

    assert bad.exit_code == 1
    assert "BAD alerts: LAKE_ASSETS_ALERTS: URL 2 of 2 (slack://…)" in bad.stdout
    assert TOKEN not in good.stdout + bad.stdout


def test_a_load_by_cron_gives_a_sign_of_life(company: Company, inbox: Inbox) -> None:
    """With a heartbeat URL a whole load calls it and is missed later; without, no judge is expected."""
    company.put(0)
    company.invoke("load")
    assert company.query("SELECT * FROM lake_assets.heartbeats") == []

    company.invoke("load", LAKE_ASSETS_HEARTBEAT_URL=f"http://127.0.0.1:{inbox.port}/alive")

    assert inbox.paths == ["/alive"]
    names = company.query("SELECT name FROM lake_assets.heartbeats ORDER BY name")
    assert names == [("load",), ("pinged",)]


def test_a_silent_judge_is_said_by_every_command(company: Company, inbox: Inbox) -> None:
    """A silent judge is said on stderr, fails `status` and `doctor`, and is told; a whole load ends it."""
    company.put(0)
    company.invoke("load")
    assert company.invoke("status").exit_code == 0
    company.query(
        "INSERT INTO lake_assets.heartbeats VALUES ('judge', now() - interval '121 minutes') "
        "ON CONFLICT (name) DO UPDATE SET beat_at = excluded.beat_at"
    )

    status, doctor = company.invoke("status"), company.invoke("doctor")
    checked = company.invoke("check", "shop.orders", LAKE_ASSETS_ALERTS=inbox.url)

    said = re.compile(r"the judge last ran at ....-..-..T..:..Z: see that dagster-daemon runs\.")
    assert (status.exit_code, doctor.exit_code) == (1, 1)
    assert said.search(status.stderr)
    assert said.search(checked.stderr)
    assert "BAD judge: the judge last ran at" in doctor.stdout
    assert inbox.told == ["failure: judge silent: the judge"]
    assert company.invoke("load", "shop.orders").exit_code == 0
    assert company.invoke("status").exit_code == 1

    company.invoke("load", LAKE_ASSETS_ALERTS=inbox.url)

    assert company.invoke("status").exit_code == 0
    assert inbox.told[1:] == ["success: over: judge silent: the judge"]
