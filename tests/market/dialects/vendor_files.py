"""Files as vendors send them, written from one table of invented settlements."""

from __future__ import annotations

import csv
import datetime as dt
import io
from calendar import month_abbr
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from ratemodel.errors import RateModelError
from ratemodel.market.dialects import Imported, ImportOptions, read_vendor_file

CODES = "FGHJKMNQUVXZ"
Row = tuple[dt.date, str, Decimal, str, str]
"""Trade date, contract, settlement, volume, open interest."""


def days(first: str, number: int) -> list[dt.date]:
    """Weekdays from a date on."""
    day, found = dt.date.fromisoformat(first), []
    while len(found) < number:
        if day.weekday() < 5:
            found.append(day)
        day += dt.timedelta(days=1)
    return found


def settlements(
    contracts: Sequence[str] = ("2026-03", "2026-10"), first: str = "2026-01-20", number: int = 12
) -> list[Row]:
    """Invented settlements: no number here was ever quoted."""
    return [
        (
            day,
            contract,
            Decimal("96.1025") + Decimal("0.0075") * i + Decimal("0.315") * j,
            str(1000 + 137 * i + 5 * j),
            str(20000 + 211 * i - 3 * j),
        )
        for i, day in enumerate(days(first, number))
        for j, contract in enumerate(contracts)
    ]


@dataclass(frozen=True)
class Style:
    """How a file is written."""

    quote: str = "price"
    newest_first: bool = False
    decimal: str = "."
    dates: str = "iso"
    year_digits: int = 2
    delimiter: str = ","
    thousands: bool = False

    def date(self, day: dt.date) -> str:
        serial = (day - dt.date(1899, 12, 30)).days
        return {
            "iso": f"{day:%Y-%m-%d}",
            "midnight": f"{day:%Y-%m-%d} 00:00:00",
            "us": f"{day:%m/%d/%Y}",
            "us_short": f"{day.month}/{day.day}/{day:%y}",
            "european": f"{day:%d.%m.%Y}",
            "slashes": f"{day:%d/%m/%Y}",
            "named": f"{day:%d-%b-%Y}",
            "american": f"{day:%b} {day.day}, {day.year}",
            "compact": f"{day:%Y%m%d}",
            "serial": str(serial),
        }[self.dates]

    def value(self, settle: Decimal) -> str:
        value = settle if self.quote == "price" else 100 - settle
        return str(value).replace(".", self.decimal)

    def whole(self, number: str) -> str:
        apart = {".": ",", ",": "."}[self.decimal]
        return f"{int(number):,}".replace(",", apart) if self.thousands else number

    def code(self, contract: str) -> str:
        year = contract[:4][-self.year_digits :]
        return f"{CODES[int(contract[5:]) - 1]}{year}"

    def order(self, rows: Sequence[Row]) -> list[Row]:
        return sorted(rows, key=lambda row: row[0], reverse=self.newest_first)

    def text(self, table: Sequence[Sequence[str]], after: str = "") -> bytes:
        out = io.StringIO(newline="")
        csv.writer(out, delimiter=self.delimiter, lineterminator="\n").writerows(table)
        return (out.getvalue() + after).encode()


Writer = Callable[[Sequence[Row], Style], tuple[bytes, str]]


def native(rows: Sequence[Row], style: Style) -> tuple[bytes, str]:
    head = ["trade_date", "contract", "settle", "volume", "open_interest"]
    body = [
        [style.date(d), c, style.value(s), style.whole(v), style.whole(o)]
        for d, c, s, v, o in style.order(rows)
    ]
    return style.text([head, *body]), "futures.csv"


def generic(rows: Sequence[Row], style: Style) -> tuple[bytes, str]:
    head = ["Day", "Month", "Settlement", "Volume", "Open Interest"]
    body = [
        [style.date(d), f"{month_abbr[int(c[5:])]} {c[:4]}", style.value(s), style.whole(v), o]
        for d, c, s, v, o in style.order(rows)
    ]
    return style.text([head, *body]), "curve.csv"


BARCHART_FOOTER = '"Downloaded from Barchart.com as of 01-30-2026 05:12pm CST"\n'


def barchart(rows: Sequence[Row], style: Style) -> tuple[bytes, str]:
    head = ["Symbol", "Time", "Open", "High", "Low", "Latest", "Change", "%Change", "Volume"]
    body = [
        [f"ZQ{style.code(c)}", style.date(d), *[style.value(s)] * 4, "unch", "0.00%", *beside]
        for d, c, s, v, o in style.order(rows)
        for beside in [(style.whole(v), style.whole(o))]
    ]
    table = [[*head, "Open Int"], *body]
    return style.text(table, BARCHART_FOOTER), "zq-all_historical-data-01-30-2026.csv"


def barchart_one(rows: Sequence[Row], style: Style) -> tuple[bytes, str]:
    """Write a file of one contract, which only its name tells."""
    contract = rows[0][1]
    head = ["Time", "Open", "High", "Low", "Last", "Change", "%Chg", "Volume", "Open Interest"]
    body = [
        [style.date(d), *[style.value(s)] * 4, "0.0025", "+0.01%", style.whole(v), style.whole(o)]
        for d, c, s, v, o in style.order(rows)
        if c == contract
    ]
    name = f"zq{style.code(contract).lower()}_daily_historical-data-01-30-2026.csv"
    return style.text([head, *body], BARCHART_FOOTER), name


def bloomberg(rows: Sequence[Row], style: Style) -> tuple[bytes, str]:
    head = ["Date", "Ticker", "PX_SETTLE", "PX_LAST", "PX_VOLUME", "OPEN_INT"]
    body = [
        [style.date(d), f"FF{style.code(c)} Comdty", style.value(s), "#N/A N/A", style.whole(v), o]
        for d, c, s, v, o in style.order(rows)
    ]
    return style.text([head, *body]), "history.csv"


def bloomberg_one(rows: Sequence[Row], style: Style) -> tuple[bytes, str]:
    """Write a file of one contract, which the lines above the table tell."""
    contract = rows[0][1]
    above = [
        ["Security", f"FF{style.code(contract)} Comdty"],
        ["Start Date", style.date(rows[0][0])],
        ["End Date", style.date(rows[-1][0])],
        ["Period", "D"],
        [],
        ["Date", "PX_SETTLE", "PX_LAST", "PX_VOLUME", "OPEN_INT"],
    ]
    body = [
        [style.date(d), style.value(s), style.value(s - Decimal("0.01")), style.whole(v), o]
        for d, c, s, v, o in style.order(rows)
        if c == contract
    ]
    return style.text([*above, *body]), "grid1.csv"


def bloomberg_wide(rows: Sequence[Row], style: Style) -> tuple[bytes, str]:
    contracts = sorted({row[1] for row in rows})
    tickers, fields = [""], ["Dates"]
    for contract in contracts:
        tickers += [f"FF{style.code(contract)} Comdty", "", ""]
        fields += ["PX_SETTLE", "PX_VOLUME", "OPEN_INT"]
    cells = {(d, c): [style.value(s), style.whole(v), o] for d, c, s, v, o in rows}
    empty = ["#N/A N/A", "", ""]
    body = [
        [style.date(day), *(cell for c in contracts for cell in cells.get((day, c), empty))]
        for day in dict.fromkeys(row[0] for row in style.order(rows))
    ]
    return style.text([tickers, fields, *body]), "sheet.csv"


def lseg(rows: Sequence[Row], style: Style) -> tuple[bytes, str]:
    head = ["Instrument", "Date", "SETTLE", "TRDPRC_1", "ACVOL_UNS", "OPINT_1"]
    body = [
        [f"FF{style.code(c)}", style.date(d), style.value(s), "", style.whole(v), style.whole(o)]
        for d, c, s, v, o in style.order(rows)
    ]
    return style.text([head, *body]), "timeseries.csv"


def lseg_expired(rows: Sequence[Row], style: Style) -> tuple[bytes, str]:
    """Write a file of one contract under its RIC with the decade after a caret."""
    contract = rows[0][1]
    ric = f"FF{CODES[int(contract[5:]) - 1]}{contract[3]}^{contract[2]}"
    head = ["Date", "Settlement Price", "Trade Close", "Volume", "Open Interest"]
    body = [
        [style.date(d), style.value(s), style.value(s), style.whole(v), style.whole(o)]
        for d, c, s, v, o in style.order(rows)
        if c == contract
    ]
    return style.text([["RIC", ric], ["Interval", "Daily"], head, *body]), "history.csv"


def cme(rows: Sequence[Row], style: Style) -> tuple[bytes, str]:
    """Write the clearing house's file: volume and open interest stand one day late."""
    head = "BizDt,Sym,ID,StrkPx,SecTyp,MMY,MatDt,PutCall,Exch,Desc,SettlePrice,PrevDayVol,PrevDayOI"
    by_key = {(d, c): (v, o) for d, c, _, v, o in rows}
    body = []
    for d, c, s, _, _ in style.order(rows):
        back = 3 if d.weekday() == 0 else 1
        v, o = by_key.get((d - dt.timedelta(days=back), c), ("", ""))
        month = c.replace("-", "")
        row = [style.date(d), "ZQ", "41", "", "FUT", month, "", "", "CBT", "", style.value(s), v, o]
        body.append(row)
    return style.text([head.split(","), *body]), "cbt.settle.20260130.s.csv"


def cme_end_of_day(rows: Sequence[Row], style: Style) -> tuple[bytes, str]:
    head = (
        "Trade Date,Exchange Code,Product Code,Product Type,Put/Call,Contract Year,Contract Month"
    )
    body = [
        [style.date(d), "CBT", "41", "FUT", "", c[:4], c[5:].lstrip("0"), style.value(s), o, v]
        for d, c, s, v, o in style.order(rows)
    ]
    table = [[*head.split(","), "Settlement", "Open Interest", "Total Volume"], *body]
    return style.text(table), "eod.csv"


def databento(rows: Sequence[Row], style: Style) -> tuple[bytes, str]:
    """Write one message a statistic; prices are decimals, or whole billionths with `thousands`."""
    undefined = "9223372036854775807" if style.thousands else ""
    head = "ts_recv,ts_event,rtype,publisher_id,instrument_id,ts_ref,price,quantity,sequence,"
    head += "ts_in_delta,stat_type,channel_id,update_action,stat_flags,symbol"
    body = []
    for d, c, s, v, o in style.order(rows):
        value = s if style.quote == "price" else 100 - s
        price = str(int(value * 10**9)) if style.thousands else f"{value:.9f}"
        for kind, p, q in (("3", price, "2147483647"), ("6", undefined, v), ("9", undefined, o)):
            stamp = f"{d}T21:00:00.000000000Z"
            row = [stamp, stamp, "24", "1", "99", f"{d}T00:00:00.000000000Z", p, q, "1"]
            body.append([*row, "0", kind, "3", "1", "0", f"ZQ{style.code(c)}"])
    return style.text([head.split(","), *body]), "glbx-mdp3.statistics.csv"


WRITERS: dict[str, Writer] = {
    writer.__name__: writer
    for writer in (
        *(native, generic, barchart, barchart_one, bloomberg, bloomberg_one, bloomberg_wide),
        *(lseg, lseg_expired, cme, cme_end_of_day, databento),
    )
}
ONE_CONTRACT = ("barchart_one", "bloomberg_one", "lseg_expired")
DIALECT_OF = {name: name.split("_")[0] for name in WRITERS}


def expected(rows: Sequence[Row], writer: str = "") -> list[list[str]]:
    """Rows of the futures table that must come back."""
    kept = [row for row in rows if writer not in ONE_CONTRACT or row[1] == rows[0][1]]
    last = max(row[0] for row in rows)
    late = writer == "cme"
    return [
        [str(d), c, f"{s.normalize():f}", *(("", "") if late and d == last else (v, o))]
        for d, c, s, v, o in sorted(kept)
    ]


def cells(imported: Imported) -> list[list[str]]:
    return [[str(cell) for cell in row] for row in imported.frame.to_numpy().tolist()]


def read(text: str | bytes, name: str = "x.csv", **said: object) -> Imported:
    data = text.encode() if isinstance(text, str) else text
    return read_vendor_file(data, name, ImportOptions(**said))  # type: ignore[arg-type]


def outcome(reader: Callable[[], Any]) -> Any:
    """What was read, or the text of the refusal or question."""
    try:
        return reader()
    except (RateModelError, ValueError) as error:
        return str(error)


def refusal(text: str | bytes, name: str = "x.csv", **said: object) -> str:
    """Text of the refusal or question, which is one sentence."""
    with pytest.raises(RateModelError) as caught:
        read(text, name, **said)
    assert "\n" not in str(caught.value)
    return f"{type(caught.value).__name__}: {caught.value}"
