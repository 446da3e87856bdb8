"""Make one table of many downloads: which row holds where several speak of one day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.types.columns import TableSpec

MIXED = ("futures", "leverage")
"""Tables in which one series may come from several providers: settlements are the exchange's,
whoever passes them on, and `leverage` names the source in its key. In the others two providers
mean two definitions of a close, and their change-over would be a return that never was."""


@dataclass(frozen=True, slots=True, eq=False)
class Download:
    """The rows of one download, and what they may do to older ones.

    Attributes
    ----------
    provider : str
    table : DataFrame
        Validated.
    whole : bool
        Whether it holds all that its provider has of the dates it spans. A file of a vendor's does
        not: it may be weekly.
    settled : bool
        False for prices last recorded: they never take the place of a settlement.
    """

    provider: str
    table: pd.DataFrame
    whole: bool = True
    settled: bool = True


def merge_downloads(
    downloads: Sequence[Download], spec: TableSpec
) -> tuple[pd.DataFrame, list[str]]:
    """Merge the downloads of one table, oldest first.

    Of two rows with one key a settlement holds before a price last recorded, then the later
    download before the earlier. Within the span of dates that a *whole* download holds of a
    series, rows of its own provider that it no longer has are dropped: the provider took them
    back. Outside its span they stay: providers shorten what they show (five days, one year) and
    take nothing back by it.

    Parameters
    ----------
    downloads : sequence of Download
    spec : TableSpec
        The table, with a key.

    Returns
    -------
    table : DataFrame
        Sorted by the key, which no two rows share.
    notes : list of str
        Counts, with the first case of each: rows revised, rows withdrawn, prices last recorded
        beside settlements, rows of other providers.

    Examples
    --------
    >>> from ratemodel.market.tables import RATES
    >>> old = pd.DataFrame(
    ...     {
    ...         "date": pd.to_datetime(["2026-01-28", "2026-01-29"]),
    ...         "series": "DFF",
    ...         "value": [3.64, 3.6],
    ...     }
    ... )
    >>> new = old.iloc[1:].assign(value=3.64)
    >>> table, notes = merge_downloads([Download("fred", old), Download("fred", new)], RATES)
    >>> table["value"].tolist()
    [3.64, 3.64]
    >>> notes
    ['rates: 1 row revised; the first, DFF on 2026-01-29: 3.6 (fred), now 3.64 (fred)']
    """
    when = next(column.name for column in spec.columns if column.type in ("date", "datetime"))
    series = [name for name in spec.key if name != when]
    stamped = [
        download.table.assign(
            _generation=number,
            _provider=download.provider,
            _whole=download.whole,
            _settled=download.settled,
        )
        for number, download in enumerate(downloads)
    ]
    rows = pd.concat(stamped, ignore_index=True)
    notes: list[str] = []
    if spec.name not in MIXED:
        rows, notes = _one_provider(rows, series, spec.name)
    withdrawn = np.zeros(len(rows), dtype=bool)
    for positions in rows.groupby([*series, "_provider"], sort=False).indices.values():
        group = rows.iloc[positions]
        withdrawn[positions] = _in_later_span(
            group[when].to_numpy(),
            group["_generation"].to_numpy(np.int64),
            group["_whole"].to_numpy(bool),
        )
    # The row that holds comes last: settlements after others, later downloads after earlier.
    ordered = rows.assign(_withdrawn=withdrawn).sort_values(["_settled", "_generation"])
    standing = ordered.loc[~ordered["_withdrawn"]]
    kept = standing.drop_duplicates(list(spec.key), keep="last")
    dropped = ordered.loc[ordered.index.difference(kept.index, sort=False)]
    notes += _changes(kept, dropped, spec, when, series)
    table = kept[list(spec.names)].sort_values(list(spec.key))
    return table.reset_index(drop=True), notes


def _in_later_span(
    when: npt.NDArray[np.datetime64],
    generation: npt.NDArray[np.int64],
    whole: npt.NDArray[np.bool_],
) -> npt.NDArray[np.bool_]:
    """Mark rows that lie within the span of a later, whole download."""
    marked = np.zeros(len(when), dtype=bool)
    for later in np.unique(generation[whole]):
        dates = when[generation == later]
        inside = (when >= dates.min()) & (when <= dates.max())
        marked |= inside & (generation < later)
    return marked


def _one_provider(
    rows: pd.DataFrame, series: list[str], name: str
) -> tuple[pd.DataFrame, list[str]]:
    """Keep, of each series, the rows of the provider of its newest download."""
    newest = rows.sort_values("_generation").groupby(series)["_provider"].last().rename("_ruling")
    ruling = rows.join(newest, on=series)["_ruling"]
    other = rows["_provider"] != ruling
    notes = [
        f"{name}: {count:,} rows of {label} from {provider} left out: "
        f"{ruling.loc[group.index[0]]} was asked later"
        for (*labels, provider), group in rows.loc[other].groupby([*series, "_provider"])
        for label, count in [(" ".join(map(str, labels)), len(group))]
    ]
    return rows.loc[~other].reset_index(drop=True), notes


def _changes(
    kept: pd.DataFrame, dropped: pd.DataFrame, spec: TableSpec, when: str, series: list[str]
) -> list[str]:
    """Count what does not hold any more, by reason, each with its first case."""
    key = list(spec.key)
    value = next(column.name for column in spec.columns if column.type == "number")
    beside = kept[[*key, value, "_provider", "_settled"]]
    last = dropped.drop_duplicates(key, keep="last")
    both = last.merge(beside, on=key, how="left", suffixes=("", "_now"), indicator=True)
    gone = both["_merge"] == "left_only"
    differs = (both["_merge"] == "both") & (both[value] != both[f"{value}_now"])
    outranked = differs & (both["_settled"] != both["_settled_now"])
    reasons = (
        ("revised", differs & ~outranked),
        ("last recorded beside a settlement and left out", outranked),
        ("that a later download of its provider no longer has", gone),
    )
    notes = []
    for what, cases in reasons:
        count = int(cases.sum())
        if not count:
            continue
        row = both.loc[cases].iloc[0]
        label = " ".join(str(row[name]) for name in series)
        case = f"{label} on {row[when]:%Y-%m-%d}: {row[value]:g} ({row['_provider']})"
        if row["_merge"] == "both":
            case += f", now {row[f'{value}_now']:g} ({row['_provider_now']})"
        noun = "row" if count == 1 else "rows"
        notes.append(f"{spec.name}: {count:,} {noun} {what}; the first, {case}")
    return notes
