"""A small folder of legal tables, written as a user would write them, and ways to spoil it."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pytest

from ratemodel.errors import DataError
from ratemodel.market import load_market
from ratemodel.market.parse import parse_table
from ratemodel.market.schema import INPUT_TABLES, validate
from ratemodel.types.market import Market

LEGAL = {
    "futures": """\
trade_date,contract,settle,volume,open_interest
2026-01-29,2026-03,96.375,1200,54000
2026-01-29,2026-04,96.4,800,41000
2026-01-30,2026-03,96.38,,
2026-02-02,2026-03,96.37,0,53000
""",
    "rates": """\
date,series,value
2026-01-29,DGS2,3.53
2026-01-30,DGS2,3.52
2026-01-29,DTWEXBGS,119.5
2026-01-30,DTWEXBGS,-0.25
""",
    "prices": """\
date,asset,close,open,high,low,volume,struck_at
2026-01-29,GC,5318.4,5400,5586,5100,250000,13:30 America/New_York
2026-01-30,GC,4745.1,5300,5310,4700,400000,
2026-01-29,BTC,84000,,,,,24:00 UTC
2026-01-30,BTC,83000,84000,84500,82000,0,
""",
    "fomc": """\
announced,time_et,kind,target_lower_before_pct,target_upper_before_pct,target_lower_after_pct,\
target_upper_after_pct,known_since,cancelled_on
2020-03-18,14:00,cancelled,0.0,0.25,,,2019-05-30,2020-03-15
2026-01-28,14:00,scheduled,3.5,3.75,3.5,3.75,,
2026-03-18,14:00,scheduled,3.5,3.75,3.25,3.5,,
2026-04-29,14:00,scheduled,,,,,,
""",
    "events": """\
event,start,end,assets,trigger,rate_news,margin_news,note
crash,2026-01-30,2026-02-02,,"a nomination, a margin rise",yes,yes,
metals,2026-01-29,2026-01-29,GC;SI,,no,no,one day
weekend,2026-01-31,2026-02-01,BTC,,no,no,
""",
    "margins": """\
announced,effective_after_close,product,old,new,old_unit,new_unit,grade,source
2026-01-30,2026-02-02,GC,6.0,8.0,pct_of_notional,pct_of_notional,A,press
,,GC,5.0,6.0,pct_of_notional,pct_of_notional,C,inferred
2026-02-05,2026-02-06,SI,15,18,pct_of_notional,pct_of_notional,A,press
""",
    "forced_flows": """\
event,date,channel,parameter,asset,underlying,low,central,high,unit,grade,source
crash,2026-01-30,levered_etf,flow_observed,SI;SLV,silver,-3.5e9,-3.0e9,-2.7e9,usd,B,broker
all,,impact,y_square_root,all,,0.5,1.0,1.5,ratio,A,literature
weekend,2026-01-31,liquidation,long_usd,BTC,bitcoin,7e8,7e8,7e8,usd,assumption,
""",
    "leverage": """\
date,asset,measure,value,unit,source
2026-01-29,BTC,funding_rate,-0.0001,fraction per 8h,venue
2026-01-30,BTC,funding_rate,0.0002,fraction per 8h,venue
2026-01-30,GC,open_interest,500000,contracts,
""",
    "prices_1h": """\
time_utc,asset,close
2026-01-30T14:00:00Z,BTC,83000
2026-01-30T15:00:00Z,BTC,82500
2026-01-30T15:00:00Z,PAXG,4900.5
""",
    "odds": """\
time_utc,market,probability
2026-01-29T21:00:22Z,chair,0.365
2026-01-29T22:00:35Z,chair,1
2026-01-29T23:00:18Z,chair,0
""",
    "releases": """\
announced,time_et,release
2026-01-13,08:30,cpi
2026-02-06,08:30,payrolls
""",
    "claims": """\
id,claim,asset,stated_value,unit,source_grade,suggested_measures
a,Gold fell,GC,-16,percent,article,
b,A range,XAU,5600 -> 4600..4900,usd,article,close
c,Three signals,,yes,boolean,argument,table
""",
    "anchors": """\
asset,shock,estimate_pct_per_bp,se_pct_per_bp,sample,source,note
SPX,target,-0.04,,1989-2002,paper,
GC,path,-0.023,0.018,2024-2026,own,HAC
""",
    "quotes": """\
date,series,value,unit,grade,note
2026-01-30,GC_APR_SETTLE,4745.10,usd_per_oz,A,
2026-01-30,CUTS_PRICED_2026,-50,bp,B,about
""",
}


def read(table: str, text: str) -> pd.DataFrame:
    """Read and check one table, without a folder around it."""
    raw = parse_table(text.encode(), ".csv", f"{table}.csv")
    return validate(raw.frame, INPUT_TABLES[table], f"{table}.csv", rows=raw.rows)


def table_refusal(table: str, text: str) -> str:
    with pytest.raises(DataError) as caught:
        read(table, text)
    return str(caught.value)


def write_folder(folder: Path, **changes: str | None) -> Path:
    """Write every legal table; a table given by name replaces the legal one, None leaves it out."""
    folder.mkdir(exist_ok=True)
    for name, text in (LEGAL | changes).items():
        if text is not None:
            (folder / f"{name}.csv").write_text(text, encoding="utf-8", newline="")
    return folder


def load(folder: Path, **changes: str | None) -> Market:
    return load_market(write_folder(folder, **changes))


def refusal(folder: Path, **changes: str | None) -> str:
    """Text of the refusal of the legal folder with these tables changed."""
    with pytest.raises(DataError) as caught:
        load(folder, **changes)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def cells(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


def as_csv(rows: list[list[str]]) -> str:
    out = io.StringIO(newline="")
    # With this ending the writer quotes cells that hold either half of it.
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue()


def spoil(table: str, row: int, values: Mapping[str, str]) -> str:
    """The legal table with cells changed in one row of the file (the header is row 1)."""
    rows = cells(LEGAL[table])
    for column, value in values.items():
        rows[row - 1][rows[0].index(column)] = value
    return as_csv(rows)


def file_rows(table: str) -> list[int]:
    """Numbers of the rows that hold data."""
    return list(range(2, len(cells(LEGAL[table])) + 1))


def without(table: str, *columns: str) -> str:
    rows = cells(LEGAL[table])
    keep = [i for i, name in enumerate(rows[0]) if name not in columns]
    return as_csv([[row[i] for i in keep] for row in rows])
