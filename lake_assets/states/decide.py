"""The rule: what state a table-hour is in, and for which reason. One pure function of evidence and clock.

Load, check, monitor and status all ask it. What people read of its verdict belongs to `sentences`, writing it
down to `ledger.table_hours`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from lake_assets.catalog.models import Table
from lake_assets.hours import ONE_HOUR
from lake_assets.states.evidence import Evidence, LoadResult, is_as_loaded
from lake_assets.states.facts import (
    DEEP,
    FAILURES,
    HELD,
    LASTING,
    PROOFS,
    STOPPED,
    TESTIMONY,
    Fact,
    FactCode,
    Facts,
    with_codes,
    without_codes,
)
from lake_assets.states.records import NOTHING, Counts, LedgerFile, total
from lake_assets.states.state import FINE, LOADABLE, WAIVABLE, WITH_ROWS, State

LAST_HOUR = 23
ONE_DAY = timedelta(days=1)

REMOVED: frozenset[FactCode] = frozenset({"file_removed", "more"})
HISTORY: frozenset[FactCode] = frozenset({"had_failed", "waived"})
REMARKS: frozenset[FactCode] = frozenset({"columns_not_compared"})
COLUMNS_GONE: frozenset[FactCode] = frozenset({"columns_gone"})
ENDED_WAIVER: frozenset[FactCode] = frozenset({"waived_files_changed"})
MOVED: frozenset[FactCode] = frozenset({"file_moved"})


@dataclass(frozen=True)
class Verdict:
    """What is to be said of one table-hour.

    Attributes:
        hour: the hour (UTC).
        state: the state it is in, as of now.
        found: what makes the state; empty where all agrees.
        kept: what is known besides, such as what its load met.
        counts: what the ledger says of its files.
        in_main: rows of main; None where they were not counted.
        files: how many files the lake lists now.
        needs_load: whether a load would change something for the better.
    """

    hour: datetime
    state: State
    found: Facts = ()
    kept: Facts = ()
    counts: Counts = NOTHING
    in_main: int | None = None
    files: int = 0
    needs_load: bool = False

    @property
    def facts(self) -> Facts:
        """All of it, what makes the state first: what the ledger keeps as its evidence."""
        return (*self.found, *self.kept)

    @property
    def reason(self) -> FactCode | None:
        """Why the state is what it is; None for one that needs no reason."""
        if self.found:
            return self.found[0].code
        if self.kept and self.state not in WITH_ROWS:
            return self.kept[0].code
        return None

    @property
    def passed(self) -> bool:
        """Whether every record of the lake is accounted for."""
        return self.state in FINE or self.state == "quarantined"

    @property
    def is_held(self) -> bool:
        """Whether no load mends it, and a person must decide."""
        return is_held(self.state, self.reason)

    @property
    def is_waivable(self) -> bool:
        """Whether a person may accept it as it is."""
        return self.state in WAIVABLE or self.is_held

    @property
    def is_empty(self) -> bool:
        """Whether it is loaded, and its files hold no record."""
        return self.state == "loaded" and self.files > 0 and not self.counts.records


def is_held(state: State, reason: FactCode | None) -> bool:
    """Return whether a table-hour in a state that loads mend is left alone until a person decides."""
    return state == "stale" and reason in HELD


def decide(evidence: Evidence, now: datetime) -> Verdict:
    """Return the state of a table-hour, and the facts that make it.

    Args:
        evidence: all that is known of the hour.
        now: the present moment.
    """
    verdict = _decide(evidence, now)
    lasting = with_codes(evidence.known_facts, LASTING)
    forgotten = tuple(fact for fact in lasting if fact not in verdict.facts)
    if not forgotten:
        return verdict
    return replace(verdict, kept=(*verdict.kept, *forgotten))


def _decide(evidence: Evidence, now: datetime) -> Verdict:
    if evidence.load is not None:
        return _after_load(evidence, evidence.load, now)
    differences = _differences(evidence)
    changes = _changes_in_lake(evidence, now)
    if evidence.waived_files is not None and not differences:
        return _while_waived(evidence, evidence.waived_files, changes, now)
    if _is_mismatch(evidence, differences, changes):
        return _mismatch(evidence, differences, changes)
    return _where_counts_agree(evidence, changes, now)


def _where_counts_agree(evidence: Evidence, changes: Facts, now: datetime) -> Verdict:
    if _has_failed(evidence) and evidence.listed:
        failures = with_codes(evidence.known_facts, FAILURES | {"noted"})
        return _unloaded(evidence, "failed", failures or changes)
    if changes:
        return _changed(evidence, changes, now)
    if _has_no_files(evidence):
        return _without_files(evidence, _lost(evidence), (), now)
    if evidence.not_loaded:
        return _changed(evidence, evidence.not_loaded, now)
    return _loaded(evidence)


def _has_no_files(evidence: Evidence) -> bool:
    """Return whether neither the lake has files of an hour, nor the ledger has."""
    return not evidence.listed and not evidence.files


def is_over(hour: datetime, now: datetime, grace: timedelta) -> bool:
    """Return whether an hour and its grace are over, so that its files are due."""
    return now >= hour + ONE_HOUR + grace


def state_without_files(
    table: Table, hour: datetime, now: datetime, *, day_has_files: bool, lost: bool = False
) -> State:
    """Return the state of an hour for which the lake has no file, by the catalog and the clock alone.

    Args:
        table: the table as the catalog has it; its `expect` decides.
        hour: the hour (UTC).
        now: the present moment.
        day_has_files: another hour of the same UTC day has files; all that `expect: daily` asks for.
        lost: records of it were loaded from files that are gone since, so that somebody must look.
    """
    if not is_over(hour, now, table.grace):
        return "expected"
    if table.expect == "sparse":
        return "missing" if lost else "quiet"
    if table.expect == "daily" and _is_covered_by_its_day(table, hour, day_has_files=day_has_files):
        return "quiet"
    return "missing"


def _is_covered_by_its_day(table: Table, hour: datetime, *, day_has_files: bool) -> bool:
    """Return whether the file of a daily table need not lie in this hour: one a day is due, at its end."""
    # The file of a day that `start` cuts short may have come in the part before it.
    is_cut_short = table.start is not None and hour.replace(hour=0) < table.start
    return day_has_files or hour.hour != LAST_HOUR or is_cut_short


def _after_load(evidence: Evidence, load: LoadResult, now: datetime) -> Verdict:
    if load.failure is not None:
        state: State = "mismatch" if load.failure.code == "counts_differ" else "failed"
        return _verdict(evidence, state, found=(load.failure,))
    left = with_codes(_changes_in_lake(evidence, now), HELD)
    if left:
        untouched = _differences_of_vanished(evidence)
        if untouched:
            return _verdict(evidence, "mismatch", found=(*untouched, *left), kept=load.met)
        return _changed(evidence, left, now, met=load.met)
    if _has_no_files(evidence):
        lost = (*_lost(evidence), *load.removed)
        return _without_files(evidence, lost, load.met, now)
    quarantined = any(file.quarantined for file in evidence.files)
    return _verdict(evidence, "quarantined" if quarantined else "loaded", kept=load.met)


def _differences_of_vanished(evidence: Evidence) -> Facts:
    """Return what a deep check had found of files whose rows a load has left as they are."""
    if not _was_mismatch(evidence):
        return ()
    vanished = {file.key for file in evidence.vanished_files}
    found = with_codes(evidence.known_facts, DEEP)
    return tuple(fact for fact in found if fact.details.get("key") in vanished)


def _while_waived(evidence: Evidence, files: Mapping[str, str], changes: Facts, now: datetime) -> Verdict:
    present = {item.key: item.etag for item in evidence.listed}
    if files == present:
        return _verdict(evidence, "waived", kept=evidence.known_facts)
    if not changes:
        return _where_counts_agree(evidence, changes, now)
    waiver = with_codes(evidence.known_facts, frozenset({"waived", "noted"}))
    ended = Fact.of("waived_files_changed", waiver=[fact.as_json() for fact in waiver])
    return _stale(evidence, changes, ended=(ended,))


def _is_mismatch(evidence: Evidence, differences: Facts, changes: Facts) -> bool:
    """Return whether counts differ, or differed when they were last compared and may still."""
    if differences or _standing_differences(evidence):
        return True
    if not _was_mismatch(evidence):
        return False
    is_unexplained = evidence.rows_in_main is None and not evidence.known_facts
    return is_unexplained or bool(changes)


def _was_mismatch(evidence: Evidence) -> bool:
    return evidence.known is not None and evidence.known.state == "mismatch"


def _mismatch(evidence: Evidence, differences: Facts, changes: Facts) -> Verdict:
    standing = _standing_differences(evidence)
    if not differences and not standing:
        standing = _known_differences(evidence)
    found = tuple(dict.fromkeys((*differences, *standing, *changes)))
    return _verdict(evidence, "mismatch", found=found)


def _standing_differences(evidence: Evidence) -> Facts:
    """Return what was found last time and still stands, for nobody has looked for it anew."""
    if not _was_mismatch(evidence):
        return ()
    known = _known_differences(evidence)
    if evidence.rows_in_main is None:
        return _with_columns_back(known, evidence.differences)
    return () if evidence.is_deep else with_codes(known, DEEP)


def _with_columns_back(known: Facts, differences: Facts) -> Facts:
    """Return what was known, with columns that are no longer gone: the rows may be gone in their stead."""
    if with_codes(differences, COLUMNS_GONE):
        return without_codes(known, COLUMNS_GONE)
    facts = []
    for fact in known:
        is_back = fact.code in COLUMNS_GONE
        facts.append(Fact(code="columns_were_gone", details=fact.details) if is_back else fact)
    return tuple(facts)


def _known_differences(evidence: Evidence) -> Facts:
    of_lake: frozenset[FactCode] = frozenset({"file_removed", "file_not_loaded", "file_changed", "more"})
    return without_codes(evidence.known_facts, of_lake | HELD | LASTING)


def _has_failed(evidence: Evidence) -> bool:
    return evidence.known is not None and evidence.known.state == "failed"


def _changed(evidence: Evidence, changes: Facts, now: datetime, met: Facts = ()) -> Verdict:
    """Return the verdict on an hour whose files are not those that were loaded."""
    if not is_over(evidence.hour, now, evidence.table.grace):
        # More may come until the hour is over, and nobody need look before.
        can_load = evidence.cannot_load is None and _a_load_mends(changes)
        return _verdict(evidence, "expected", found=changes, kept=met, needs_load=can_load)
    ended_waiver = with_codes(evidence.known_facts, ENDED_WAIVER)
    return _stale(evidence, changes, ended=ended_waiver, besides=_history(evidence), met=met)


def _a_load_mends(changes: Facts) -> bool:
    return bool(without_codes(changes, HELD))


def _stale(
    evidence: Evidence, changes: Facts, *, ended: Facts, besides: Facts = (), met: Facts = ()
) -> Verdict:
    """Return the verdict on changed files: a load is asked for, unless nothing is left but to decide."""
    if _a_load_mends(changes):
        return _unloaded(evidence, "stale", (*ended, *changes, *besides))
    # What holds it stands first, for that is the reason.
    found = (*changes, *ended, *besides)
    return _verdict(evidence, "stale", found=found, kept=met, needs_load=False)


def _unloaded(evidence: Evidence, state: State, found: Facts) -> Verdict:
    """Return a verdict that asks for a load, or says why there can be none."""
    if evidence.cannot_load is not None:
        return _verdict(evidence, "failed", found=(evidence.cannot_load,))
    return _verdict(evidence, state, found=found)


def _without_files(evidence: Evidence, lost: Facts, met: Facts, now: datetime) -> Verdict:
    accounted_for = _why_none_is_due(evidence, now)
    if accounted_for and not lost:
        return _verdict(evidence, "quiet", kept=accounted_for)
    state = state_without_files(
        evidence.table, evidence.hour, now, day_has_files=evidence.day_has_files, lost=bool(lost)
    )
    if state == "missing":
        return _missing(evidence, lost, met)
    kept = met
    if state == "quiet":
        kept = (*_history(evidence), *met) or _kept_in(evidence, "quiet")
    return _verdict(evidence, state, kept=kept)


def _why_none_is_due(evidence: Evidence, now: datetime) -> Facts:
    """Return why an hour without files is quiet, whatever is expected of the table.

    An hour that was found to be missing while its files were due stays so.
    """
    is_new = evidence.known is None
    was_quiet = evidence.known is not None and evidence.known.state == "quiet"
    moved = with_codes(evidence.known_facts, MOVED)
    if was_quiet and moved:
        return evidence.known_facts
    retention = evidence.table.lake_retention
    if retention is None or not is_beyond_retention(evidence.table, evidence.hour, now):
        return ()
    if not is_new and not was_quiet:
        return ()
    return _kept_in(evidence, "quiet") or (Fact.of("beyond_retention", days=retention / ONE_DAY),)


def is_beyond_retention(table: Table, hour: datetime, now: datetime) -> bool:
    """Return whether the files of an hour may be gone from the lake without a word."""
    return table.lake_retention is not None and hour <= now - table.lake_retention


def _missing(evidence: Evidence, lost: Facts, met: Facts) -> Verdict:
    """Return the verdict on an hour without the file that was due; DMS's own word may prove it quiet."""
    testimony = evidence.testimony
    if testimony is None:
        testimony = _known_testimony(evidence)
    proofs = with_codes(testimony, PROOFS)
    is_stopped = bool(with_codes(testimony, STOPPED))
    # Of an hour that had records, DMS's word that there were none is no proof.
    if proofs and not is_stopped and not lost:
        return _verdict(evidence, "quiet", kept=proofs[:1])
    around = without_codes(testimony, PROOFS)
    return _verdict(
        evidence,
        "missing",
        found=(*_why_missing(evidence, lost, around), *_history(evidence), *around, *met),
    )


def _why_missing(evidence: Evidence, lost: Facts, around: Facts) -> Facts:
    if lost:
        return lost
    if with_codes(around, frozenset({"noted"})):
        return ()  # a ledger of before facts has noted it in a sentence
    return (Fact.of("no_file", expect=evidence.table.expect),)


def _known_testimony(evidence: Evidence) -> Facts:
    if evidence.known is None or evidence.known.state not in {"missing", "quiet"}:
        return ()
    return with_codes(evidence.known_facts, TESTIMONY)


def _lost(evidence: Evidence) -> Facts:
    """Return the files that are known to have been loaded and to be gone from a missing hour."""
    if evidence.known is None or evidence.known.state != "missing":
        return ()
    return with_codes(evidence.known_facts, REMOVED)


def _history(evidence: Evidence) -> Facts:
    """Return why loads had failed, and who had accepted it, of an hour that is in another state now."""
    if _has_failed(evidence):
        failures = with_codes(evidence.known_facts, FAILURES | {"noted"})
        return tuple(Fact.of("had_failed", cause=fact.as_json()) for fact in failures)
    return with_codes(evidence.known_facts, HISTORY)


def _loaded(evidence: Evidence) -> Verdict:
    quarantined = any(file.quarantined for file in evidence.files)
    state: State = "quarantined" if quarantined else "loaded"
    kept = _kept_in(evidence, state)
    if evidence.is_deep:
        kept = (*without_codes(kept, REMARKS), *evidence.remarks)
    return _verdict(evidence, state, kept=kept)


def _kept_in(evidence: Evidence, state: State) -> Facts:
    """Return what is known of an hour that stays in its state."""
    if evidence.known is None or evidence.known.state != state:
        return ()
    return evidence.known_facts


def _verdict(
    evidence: Evidence, state: State, *, found: Facts = (), kept: Facts = (), needs_load: bool | None = None
) -> Verdict:
    in_main = None if evidence.rows_in_main is None else sum(evidence.rows_in_main.values())
    return Verdict(
        hour=evidence.hour,
        state=state,
        found=found,
        kept=kept,
        counts=total(file.counts for file in evidence.files),
        in_main=in_main,
        files=len(evidence.listed),
        needs_load=state in LOADABLE if needs_load is None else needs_load,
    )


def _changes_in_lake(evidence: Evidence, now: datetime) -> Facts:
    """Return what lake and ledger have otherwise: first what a load mends, then what a person must decide."""
    gone = evidence.vanished_files
    if is_beyond_retention(evidence.table, evidence.hour, now):
        gone = []
    if evidence.table.vanished == "follow" and not evidence.source_is_gone:
        removed = [Fact.of("file_removed", key=file.key, records=file.records) for file in gone]
        return (*removed, *_find_changes_in_lake(evidence))
    return (*_find_changes_in_lake(evidence), *_held(evidence, gone))


def _held(evidence: Evidence, gone: Sequence[LedgerFile]) -> Facts:
    """Return the vanished files that main or quarantine stands on."""
    stays = [file for file in gone if _is_stood_on(evidence, file)]
    facts = [
        Fact.of("file_vanished", key=file.key, rows=file.counts.rows, quarantined=file.quarantined)
        for file in stays
    ]
    if facts and evidence.source_is_gone:
        facts.insert(0, Fact.of("source_vanished", source=evidence.table.source))
    return tuple(facts)


def _is_stood_on(evidence: Evidence, file: LedgerFile) -> bool:
    is_wanted_back = evidence.is_newest_snapshot and file.superseded > 0
    return file.counts.rows > 0 or file.quarantined > 0 or is_wanted_back


def _find_changes_in_lake(evidence: Evidence) -> Iterator[Fact]:
    loaded = {file.key: file for file in evidence.files}
    present = {item.key: item for item in evidence.listed}
    kept_ready = [file for file in evidence.files if file.superseded and file.key in present]
    if evidence.is_newest_snapshot and kept_ready:
        yield Fact.of("newer_snapshot_gone")
    for key in sorted(present.keys() - loaded.keys()):
        yield Fact.of("file_not_loaded", key=key, bytes=present[key].size)
    for key in sorted(loaded.keys() & present.keys()):
        file, item = loaded[key], present[key]
        if not is_as_loaded(file, item):
            yield Fact.of("file_changed", key=key, bytes_then=file.bytes, bytes_now=item.size)


def _differences(evidence: Evidence) -> Facts:
    of_main = () if evidence.rows_in_main is None else tuple(_find_differences_in_main(evidence))
    return (*of_main, *evidence.differences)


def _find_differences_in_main(evidence: Evidence) -> Iterator[Fact]:
    rows_in_main = evidence.rows_in_main or {}
    held = evidence.held or {}
    for file in evidence.files:
        rows = rows_in_main.get(file.id, 0)
        if rows != file.counts.rows:
            yield Fact.of("rows_differ", key=file.key, in_main=rows, loaded=file.loaded, added=file.added)
        kept = held.get(file.key, 0)
        if kept != file.quarantined:
            yield Fact.of("quarantine_differs", key=file.key, held=kept, counted=file.quarantined)
    known_ids = {file.id for file in evidence.files}
    for file_id in sorted(rows_in_main.keys() - known_ids):
        yield Fact.of("unknown_rows", rows=rows_in_main[file_id], file_id=file_id)
