"""Transforms that tests name in their catalogs, as users write them."""

from decimal import Decimal
from typing import Any

import pandas as pd

SEEN: list[pd.DataFrame] = []
"""Every chunk that `look` was given."""


def look(frame: pd.DataFrame) -> pd.DataFrame:
    """Keep what comes, and give it on as it is."""
    SEEN.append(frame.copy())
    return frame


def scribble(frame: pd.DataFrame) -> pd.DataFrame:
    """Change, drop and add columns, and drop rows."""
    frame["note"] = frame["note"].str.upper()
    frame["rank"] = frame["amount"].rank().astype("Int64")
    doubled = [None if pd.isna(each) else Decimal(each) * 2 for each in frame["amount"]]
    frame["double"] = pd.Series(doubled, index=frame.index, dtype="object")
    return frame[frame["id"] != 2].drop(columns="placed_at")


def reset(frame: pd.DataFrame) -> pd.DataFrame:
    """Drop rows, and forget which are left."""
    return frame[frame["id"] != 2].reset_index(drop=True)


def repeat(frame: pd.DataFrame) -> pd.DataFrame:
    """Return every row twice, and one that belongs to none."""
    total = pd.DataFrame({"id": [99]}, index=["total"])
    return pd.concat([frame, frame, total])


def spoil(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a text where a number is due."""
    frame["amount"] = ["much" if each == 2 else "1.5" for each in frame["id"]]
    return pd.concat([frame, frame])


def orphan(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a bad value in a row of its own."""
    return pd.DataFrame({"id": ["many"]}, index=["total"] * min(len(frame), 1))


def nothing(frame: pd.DataFrame) -> pd.DataFrame:
    """Drop every row."""
    return frame.iloc[:0]


def fail(frame: pd.DataFrame) -> pd.DataFrame:
    """Raise."""
    return frame["no_such_column"]  # type: ignore[return-value] # it is not there


def give_no_frame(frame: pd.DataFrame) -> Any:
    """Return something else."""
    return frame["id"]


def total(frame: pd.DataFrame) -> pd.DataFrame:
    """Return one row for all of them, which belongs to none."""
    return pd.DataFrame({"id": [int(frame["id"].sum())]}, index=["total"])


def thin(frame: pd.DataFrame) -> pd.DataFrame:
    """Drop some records, and give others twice."""
    return pd.concat([frame[frame["id"] != 2], frame[frame["id"] == 1]])


def misspell(frame: pd.DataFrame) -> pd.DataFrame:
    """Raise, with words that PostgreSQL cannot hold."""
    raise ValueError(f"\0 in one of {len(frame)} rows")


def write_dates(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a text that is no date where one is due."""
    frame["note"] = ["soon" if each == 2 else "2018-09-06" for each in frame["id"]]
    return frame


def by_id(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each id, found by the id."""
    return frame.set_index("id", drop=False)
