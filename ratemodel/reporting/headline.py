"""The answer in plain words, residual first, read from the tables."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from ratemodel.types.decomposition import keyed_rows
from ratemodel.types.sentence import split_sentence

REPLICA_WARNING = "REPLICA: generated numbers that imitate a market; nothing below is a finding."
CLOSING = (
    "Log points x 100; {level:.0%} bands, of forced flows over what is not known of them. 'Not "
    "explained' is neither rates nor dollar, drift or a forced flow that was measured or modelled; "
    "its band holds the range of forced flows. Rates hold what came through the dollar, whose own "
    "part is 'dollar'. 'Leverage between' is no part beside it but what leverage could have been "
    "had all other news been no larger than on the days before the event. 'With amplification' is "
    "the return less what it would have been without rates, forced trades included. Abnormal: both "
    "p below 5%, each asset by itself."
)


def headline(
    tables: Mapping[str, pd.DataFrame],
    names: Mapping[str, str],
    notes: Mapping[str, str],
    omitted: Mapping[tuple[str, str], str],
) -> str:
    """Say what each event's fall was made of, a sentence an asset.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Finished tables: decomposition, decomposition_daily, counterfactuals, abnormality, shocks.
    names : mapping of str to str
        Full names of assets by symbol.
    notes : mapping of str to str
        By event: the fall-back of the shock, empty if none.
    omitted : mapping of (event, asset) to str
        What could not be split, and why; asset is empty for a whole event.

    Returns
    -------
    str
        Lines; the last says what the numbers mean.
    """
    split, daily = tables["decomposition"], tables["decomposition_daily"]
    lines = [REPLICA_WARNING] if (split["data_kind"] == "replica").any() else []
    for event in dict.fromkeys(split["event"]):
        days = daily.loc[daily["event"] == event]
        lines.append(_shock_line(tables["shocks"], days, event, notes.get(event, "")))
        for asset in dict.fromkeys(split.loc[split["event"] == event, "asset"]):
            own = days.loc[days["asset"] == asset, "trade_date"]
            span = date_span(own.min(), own.max())
            lines.append(
                split_sentence(
                    f"{names.get(asset, asset)}, {span}",
                    keyed_rows(split, event, asset, "component"),
                    keyed_rows(tables["counterfactuals"], event, asset, "channel"),
                    keyed_rows(tables["abnormality"], event, asset, "measure"),
                )
            )
        lines += [
            f"{names.get(asset, asset)}: not split ({reason.removeprefix(asset + ': ')})."
            for (where, asset), reason in omitted.items()
            if where == event and asset
        ]
    unsplit = [event for event, asset in omitted if event not in set(split["event"])]
    if unsplit:
        which = ", ".join(dict.fromkeys(unsplit))
        lines.append(f"Not split: {which} (table checks says why).")
    lines.append(CLOSING.format(level=float(split["level"].iloc[0])))
    return "\n".join(lines) + "\n"


def _shock_line(shocks: pd.DataFrame, days: pd.DataFrame, event: str, note: str) -> str:
    dates = days["trade_date"]
    window = shocks.loc[shocks["trade_date"].between(dates.min(), dates.max())]
    moves = [
        f"{row['path_bp']:+.1f} bp on {day(row['trade_date'])}"
        for row in window.to_dict("records")
        if pd.notna(row["path_bp"])
    ]
    moved = ", ".join(moves) if len(moves) <= 5 else f"{window['path_bp'].sum():+.1f} bp in all"
    moved = moved or "by nothing known"
    fallback = f" ({note})" if note else ""
    return f"{event}: the expected path of the funds rate moved {moved}{fallback}."


def day(date: pd.Timestamp) -> str:
    """Write a date as ``30 Jan 2026``."""
    return f"{date.day} {date:%b %Y}"


def date_span(first: pd.Timestamp, last: pd.Timestamp) -> str:
    """Write a span of dates as short as is clear.

    Examples
    --------
    >>> date_span(pd.Timestamp("2026-01-30"), pd.Timestamp("2026-02-02"))
    '30 Jan – 2 Feb 2026'
    >>> date_span(pd.Timestamp("2026-01-16"), pd.Timestamp("2026-01-16"))
    '16 Jan 2026'
    """
    if first == last:
        return day(first)
    if first.year == last.year:
        return f"{first.day} {first:%b} – {day(last)}"
    return f"{day(first)} – {day(last)}"
