"""The kinds of what people are told: one table of them, with the rules and the words of each.

A kind is a state of table-hours, a kind of finding, or one of the alerts' own. What is wrong now belongs to
`gather`, how a message is put together to `messages`.
"""

from dataclasses import dataclass
from datetime import timedelta

OTHERWISE = "See the state of the tables:\n  lake-assets status {source}"

OF_A_JOB = "Mend what the reason says; then run it again in the UI.\nSee the states:\n  lake-assets status"
"""What to do about a run that had no tables, which no `load` can do again."""


@dataclass(frozen=True)
class KindInfo:
    """What everybody must know of a kind.

    Attributes:
        name: the kind.
        lead: what it means, in a sentence or two; the first line of a message.
        expected: what should have been and what is instead, with figures of the incident in places.
        mended_by: what to do about it, with commands in places.
        is_urgent: data is not where it belongs, so that it is told as a failure; else it is a warning.
        held_for: how long it may last untold.
        explains_missing: it says why files are missing: a table is never told of twice for both.
        comes_in_stretches: its hours are parted into stretches; years of them may come to light at once.
        is_parted_by_reason: its hours belong together by their reason.
    """

    name: str
    lead: str = ""
    expected: str = ""
    mended_by: str = OTHERWISE
    is_urgent: bool = False
    held_for: timedelta = timedelta(0)
    explains_missing: bool = False
    comes_in_stretches: bool = False
    is_parted_by_reason: bool = False

    @property
    def family(self) -> str:
        """The kind it counts as, where incidents of one cause are looked for."""
        return "missing" if self.explains_missing else self.name


KINDS: dict[str, KindInfo] = {
    info.name: info
    for info in (
        KindInfo(
            name="missing",
            lead="No file came, and one was due.",
            expected="expected files, got none",
            mended_by="See whether DMS runs and writes. Files that came late are taken by:\n  {load}\n"
            "If none will come:\n  {waive}",
            is_urgent=True,
            comes_in_stretches=True,
        ),
        KindInfo(
            name="silent_source",
            lead="The source delivers nothing.",
            mended_by="See whether DMS runs and writes to this folder; then:\n  lake-assets load {source}",
            is_urgent=True,
            explains_missing=True,
        ),
        KindInfo(
            name="no_folder",
            lead="The catalog has a table for which the lake has no folder.",
            mended_by="See whether DMS delivers it, and whether `from` in the catalog names its folder; "
            "then:\n  lake-assets load {name}",
            explains_missing=True,
        ),
        KindInfo(
            name="suspended_table",
            lead="DMS has suspended the table: nothing comes for it.",
            mended_by="Mend the cause and reload the table in DMS; then:\n  lake-assets load {name}",
            is_urgent=True,
            explains_missing=True,
        ),
        KindInfo(
            name="failed",
            lead="The load failed; main is as it was before.",
            expected="expected the hour in main, got none of it",
            mended_by="Mend what the reason says; then:\n  {load}",
            is_urgent=True,
            is_parted_by_reason=True,
        ),
        KindInfo(
            name="mismatch",
            lead="Lake, ledger and main do not agree.",
            expected="expected the counts to agree: {records:,} records of its files, {loaded:,} loaded",
            mended_by="If nobody should have changed main, see who did; then:\n  {load}",
            is_urgent=True,
            is_parted_by_reason=True,
        ),
        KindInfo(
            name="stale",
            lead="The lake has what main has not, for two hours or longer.",
            mended_by="See whether the daemon runs; or load it now:\n  {load}",
            is_urgent=True,
            # A stale hour is loaded again by itself, as a rule within minutes.
            held_for=timedelta(hours=2),
        ),
        KindInfo(
            name="vanished",
            lead="Files that were loaded have vanished from the lake. Their rows stay in the warehouse until "
            "somebody decides.",
            expected="expected the files of {records:,} records in the lake; {loaded:,} rows stay in main",
            mended_by="See whether LAKE_ASSETS_LAKE names the right place (`lake-assets doctor`), and what "
            "deleted the files. Where they are back, nothing is to be done. To let the rows go too:\n"
            "  {load} --follow-vanished\nTo keep the rows without the files:\n  {waive_all}",
            is_urgent=True,
        ),
        KindInfo(
            name="unloaded_column",
            lead="Hours were loaded before the catalog named a column that their files have.",
            mended_by="They are loaded again in the background, LAKE_ASSETS_BACKFILL of them within an hour; "
            "or now:\n  {load}\nTo leave them as they are, write `backfill: false` at the column.",
            # Who adds a column knows; what does not come to its end is told.
            held_for=timedelta(days=1),
        ),
        KindInfo(
            name="quarantined",
            lead="Records could not be loaded and are in quarantine; the others are in main.",
            expected="expected {records:,} records in main, got {loaded:,}; {quarantined:,} in quarantine",
            mended_by="See the records:\n  {quarantine}\nMend the file or the catalog; then:\n  {load}",
            comes_in_stretches=True,
        ),
        KindInfo(
            name="unknown_source",
            lead="The lake has a folder of a source that no catalog names: its files are not loaded.",
            mended_by="Write a catalog for it:\n  lake-assets discover {name}",
        ),
        KindInfo(
            name="unknown_table",
            lead="The lake has folders that no catalog names: their files are not loaded.",
            mended_by="Add them to the catalog:\n  lake-assets discover {source}",
        ),
        KindInfo(
            name="load_hole",
            lead="A number is missing among the LOAD files: one may have been lost.",
        ),
        KindInfo(
            name="volume",
            lead="The number of records is far from what this hour had in other weeks.",
        ),
        KindInfo(
            name="stranger",
            lead="Files that are not understood lie in a table's folder: they are not loaded.",
        ),
        KindInfo(
            name="changing_file",
            lead="A file keeps changing; it is not loaded again until it rests.",
        ),
        KindInfo(
            name="old_definitions",
            lead="The catalog has changed, and Dagster goes on with what it was.",
            mended_by="Reload the code location: in the UI under Deployment, or by starting its server anew.",
        ),
        KindInfo(
            name="dms_task",
            lead="A DMS task does not run as it should.",
            is_urgent=True,
        ),
        KindInfo(
            name="dms_endpoint",
            lead="A DMS endpoint does not write as the catalog expects.",
        ),
        KindInfo(
            name="dms_control",
            lead="A control table of DMS cannot be read.",
        ),
        KindInfo(
            name="loose_objects",
            lead="Objects lie in the lake, and in no table's folder: they are not loaded.",
            mended_by="Move them into the folder of their table, or out of the lake; the next look at the "
            "lake then ends this.",
        ),
        KindInfo(
            name="mixed_changes",
            lead="DMS writes the changes of all tables into one folder (CdcPath): none of them is loaded.",
            mended_by="Set PreserveTransactions=false on the DMS endpoint and reload the tables in DMS; then "
            "move the CDC_TXN files out of the lake.",
            is_urgent=True,
        ),
        KindInfo(
            name="wrong_level",
            lead="LAKE_ASSETS_LAKE is not the folder above the sources.",
            mended_by="Set LAKE_ASSETS_LAKE to what the reason says; then:\n  lake-assets discover",
            is_urgent=True,
        ),
        KindInfo(
            name="empty_hours",
            lead="Files of an hourly table hold no record, where records had come before.",
            mended_by="See whether the source was quiet, or DMS lost its changes. If all is well:\n  {waive}",
        ),
        KindInfo(
            name="judge_silent",
            lead="The judge has not run for two hours: nobody looks for what is missing.",
            mended_by="Start dagster-daemon and the code location, and see that schedules and sensors are "
            "on. Meanwhile:\n  lake-assets load",
            is_urgent=True,
        ),
        KindInfo(
            name="run_failed",
            lead="A run failed and left hours of its tables as they were.",
            mended_by="Mend what the reason says; then:\n  {load}",
            is_urgent=True,
        ),
        KindInfo(
            name="column_vanished",
            lead="A column of the catalog is in the files no more: it is NULL in the warehouse.",
            mended_by="If it was renamed, say so in the catalog (`from:`), then load the hours again:\n"
            "  lake-assets load {name} --from HOUR --to HOUR\n"
            "If it is gone for good, take it out of the catalog.",
        ),
        KindInfo(
            name="column_new",
            lead="The files have a column that the catalog does not name.",
            mended_by="Add it to the catalog, with its type. See the columns of the files:\n"
            "  lake-assets discover {source}",
        ),
        KindInfo(
            name="header_doubt",
            lead="A header may have been taken for a row.",
            mended_by="Do what the reason says; then:\n  lake-assets check {name} --deep",
            is_urgent=True,
        ),
    )
}
"""Every kind that has rules or words of its own."""

PARTED_BY_REASON: frozenset[str] = frozenset(info.name for info in KINDS.values() if info.is_parted_by_reason)


def kind_info(kind: str) -> KindInfo:
    """Return what is known of a kind; one that nobody has heard of is a warning without words of its own."""
    return KINDS[kind] if kind in KINDS else KindInfo(name=kind)


def family_of(kind: str) -> str:
    """Return the kind that one counts as, where incidents of one cause are looked for."""
    return kind_info(kind).family
