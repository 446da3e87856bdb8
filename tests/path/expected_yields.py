"""What a yield is, by its definition: the mean of expected rates over the days to maturity."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import pandas as pd
from path.expected_days import History, each_day, months_later

MATURITIES = {"DGS3MO": 3, "DGS6MO": 6, "DGS1": 12, "DGS2": 24}


def mean_rate(rates: Mapping[dt.date, float], today: dt.date, months: int) -> float:
    """Plain mean over the days on which money lent at the yield is out."""
    days = each_day(today, months_later(today, months))[:-1]
    return sum(rates[d] for d in days) / len(days)


def yields_table(told: History, premium_pct: Mapping[str, float] | None = None) -> pd.DataFrame:
    """All four yields on all trade dates, as rows of the rates table."""
    rows = []
    for today in told.dates:
        rates = told.expected(today)
        for series, months in MATURITIES.items():
            value = mean_rate(rates, today, months) + (premium_pct or {}).get(series, 0.0)
            rows.append({"date": pd.Timestamp(today), "series": series, "value": value})
    return pd.DataFrame(rows)
