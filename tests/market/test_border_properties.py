"""Whatever a cell holds, the table is read or the row is named; nothing else can happen."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any, get_args

import pandas as pd
from border_tables import LEGAL, as_csv, cells, file_rows, read
from hypothesis import given, settings
from hypothesis import strategies as st

from ratemodel.errors import DataError
from ratemodel.market.parse import Suffix, parse_table
from ratemodel.market.schema import INPUT_TABLES, validate

TABLES = sorted(LEGAL)
CELLS = st.one_of(
    st.text(st.characters(codec="utf-8"), max_size=12),
    st.floats().map(repr),
    st.integers().map(str),
    st.dates().map(str),
    st.datetimes().map(str),
    st.sampled_from(["", " ", ".", "nan", "2026-03", "all", "24:00 UTC", "GC;SI", '"', "1e308"]),
)


def outcome(reader: Callable[[], Any]) -> Any:
    """What was read, or the text of the refusal."""
    try:
        return reader()
    except DataError as error:
        return str(error)


@given(data=st.data())
@settings(max_examples=400)
def test_one_changed_cell_is_legal_or_its_row_is_named(data):
    table = data.draw(st.sampled_from(TABLES))
    rows = cells(LEGAL[table])
    row = data.draw(st.sampled_from(file_rows(table)))
    column = data.draw(st.integers(0, len(rows[0]) - 1))
    rows[row - 1][column] = data.draw(CELLS)
    read_or_refused = outcome(lambda: read(table, as_csv(rows)))
    if isinstance(read_or_refused, str):
        named = re.match(rf"{table}\.csv, row (\d+): ", read_or_refused)
        assert named
        # A key that now repeats another row's is refused at whichever of the two comes second.
        assert int(named[1]) == row or read_or_refused.endswith(f"repeats row {row}")
    else:
        assert len(read_or_refused) >= len(rows) - 2
        assert list(read_or_refused.columns) == list(INPUT_TABLES[table].names)


@given(data=st.data())
@settings(max_examples=100)
def test_the_order_of_rows_does_not_matter(data):
    table = data.draw(st.sampled_from([name for name in TABLES if INPUT_TABLES[name].key]))
    header, *rows = cells(LEGAL[table])
    shuffled = read(table, as_csv([header, *data.draw(st.permutations(rows))]))
    pd.testing.assert_frame_equal(shuffled, read(table, LEGAL[table]))


@given(content=st.binary(max_size=200))
@settings(max_examples=300)
def test_bytes_are_a_table_or_a_data_error(content):
    def reader(suffix: Suffix) -> pd.DataFrame:
        raw = parse_table(content, suffix, "prices")
        return validate(raw.frame, INPUT_TABLES["prices"], "prices", rows=raw.rows)

    for suffix in get_args(Suffix):
        result = outcome(lambda suffix=suffix: reader(suffix))
        assert isinstance(result, pd.DataFrame) or result.startswith("prices")


@given(content=st.text(alphabet='ab,"\n\r .', max_size=60))
@settings(max_examples=500)
def test_any_text_is_cells_or_a_data_error(content):
    raw = outcome(lambda: parse_table(content.encode(), ".csv", "x.csv"))
    if isinstance(raw, str):
        assert raw.startswith("x.csv")
        return
    assert len(raw.frame) == len(raw.rows)
    assert all(a < b for a, b in zip(raw.rows, raw.rows[1:], strict=False))
    assert (raw.rows >= 2).all()


@given(value=st.floats(75, 105))
def test_a_settlement_comes_back_to_the_last_bit(value):
    text = f"trade_date,contract,settle\n2026-01-30,2026-03,{value!r}\n"
    assert read("futures", text)["settle"].tolist() == [value]


@given(
    date=st.dates(dt.date(1989, 1, 1), dt.date(2035, 12, 31)),
    month=st.dates(dt.date(1989, 1, 1), dt.date(2035, 12, 31)),
)
def test_a_settlement_is_refused_exactly_when_it_is_late(date, month):
    following = (month.replace(day=1) + dt.timedelta(days=32)).replace(day=1)
    late = (date - (following - dt.timedelta(days=1))).days > 7
    text = f"trade_date,contract,settle\n{date},{month:%Y-%m},96\n"
    assert isinstance(outcome(lambda: read("futures", text)), str) == late
