"""What vendors call a contract, and what a one-digit year means on a date."""

from __future__ import annotations

import calendar
import datetime as dt
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vendor_files import outcome

from ratemodel.market.dialects import parse_contract
from ratemodel.market.dialects.symbols import MONTH_CODES, classify

ON = dt.date(2026, 1, 30)


@pytest.mark.parametrize(
    "text",
    [
        *("ZQV6", "ZQV26", "ZQV2026", "zqv26", " ZQV26 ", "ZQ V6", "/ZQV26", "CBOT:ZQV2026"),
        *("ZQV26.CBT", "FFV6", "FFV26", "FFV6 Comdty", "FFV26 Comdty", "FFV6 COMB Comdty"),
        *("FFV6:COM", "FFV6^2", "FFV26^2", "ZQV26 (Oct '26)", "V6", "V26"),
        *("Oct 2026", "OCT26", "Oct-26", "October 2026", "Oct '26", "ZQ Oct 26"),
        *("2026-10", "2026/10", "202610", "10/2026", "ZQ 202610", "20261030", "2026-10-30"),
        *("30-Day Fed Funds Oct 2026", "30 Day Federal Funds Futures, OCT 26", "FED FUNDS OCT26"),
    ],
)
def test_a_contract_has_many_names(text):
    assert parse_contract(text, ON) == "2026-10"


@pytest.mark.parametrize("month", range(1, 13))
def test_month_codes_run_through_the_year(month):
    code = "FGHJKMNQUVXZ"[month - 1]
    assert parse_contract(f"FF{code}27", ON) == f"2027-{month:02d}"
    name = calendar.month_abbr[month]
    assert parse_contract(f"{name} 27", ON) == f"2027-{month:02d}"


@pytest.mark.parametrize(
    ("text", "on", "contract"),
    [
        ("ZQF6", "2026-01-30", "2026-01"),
        ("ZQF6", "2026-02-07", "2026-01"),
        ("ZQG6", "2026-02-07", "2026-02"),
        ("ZQZ5", "2026-01-07", "2025-12"),
        ("ZQZ9", "2025-01-02", "2029-12"),
        ("ZQF1", "2026-01-02", "2031-01"),
        ("ZQZ9", "1999-12-31", "1999-12"),
        ("ZQF0", "1999-12-31", "2000-01"),
        ("FFV98", "1998-05-01", "1998-10"),
        ("FFV5^2", "2026-01-30", "2025-10"),
        ("FFV5^1", "2026-01-30", "2015-10"),
        ("FFV9^9", "2026-01-30", "1999-10"),
    ],
)
def test_the_year_is_the_first_that_has_not_settled(text, on, contract):
    assert parse_contract(text, dt.date.fromisoformat(on)) == contract


@pytest.mark.parametrize(("text", "on"), [("ZQF6", "2026-02-08"), ("ZQZ5", "2026-01-08")])
def test_a_one_digit_year_more_than_five_years_ahead_is_refused(text, on):
    with pytest.raises(ValueError, match="more than 5 years ahead; write the year with two"):
        parse_contract(text, dt.date.fromisoformat(on))


@given(
    on=st.dates(dt.date(1989, 1, 1), dt.date(2060, 12, 31)),
    ahead=st.integers(0, 60),
    digits=st.sampled_from([1, 4]),
)
def test_every_listed_contract_is_read_back_on_every_date(on, ahead, digits):
    months = 12 * on.year + on.month - 1 + ahead
    year, month = divmod(months, 12)
    code = f"FF{MONTH_CODES[month]}{str(year)[-digits:]}"
    assert parse_contract(code, on) == f"{year}-{month + 1:02d}"


@pytest.mark.parametrize(
    "text",
    [
        *("FF1 Comdty", "FF2 Comdty", "FF12 Comdty", "FF1:COM", "FFA Comdty", "FFc1", "FF c1"),
        *("FFcv1", "ZQ=F", "ZQ1!", "ZQ2!", "@FF", "@ZQ#", "@FF#C", "ZQ*0", "ZQ*1", "ZQ.c.0"),
        *("CHRIS/CME_FF1", "front", "Front month", "nearest", "nearby", "continuous", "first"),
    ],
)
def test_continuous_series_are_refused_with_the_reason(text):
    assert classify(text).kind == "generic"
    with pytest.raises(ValueError, match="at each month end it changes contract, and the roll"):
        parse_contract(text, ON)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("ZQV6-ZQX6", "is a spread, not one contract"),
        ("FFV6-X6", "is a spread, not one contract"),
        ("ZQ:BF V6-X6-Z6", "is a spread, not one contract"),
        ("FFV6FFX6 Comdty", "is a spread, not one contract"),
        ("ZQY00", "is the cash rate, not a contract"),
        ("ZQ", "names no delivery month"),
        ("Fed Funds", "names no delivery month"),
        ("GCZ6", "is no 30-day fed funds contract"),
        ("GCZ26 Comdty", "is no 30-day fed funds contract"),
        ("FFV15^2", "is no contract: expected such as ZQV26"),
        ("ZQV", "is no contract"),
        ("ZQA26", "is no contract"),
        ("2026-13", "is no contract"),
        ("hello", "is no contract"),
    ],
)
def test_what_is_no_contract_is_refused_with_the_reason(text, reason):
    with pytest.raises(ValueError, match=reason):
        parse_contract(text, ON)


@given(text=st.text(max_size=15))
def test_any_text_is_a_contract_or_refused(text):
    read = outcome(lambda: parse_contract(text, ON))
    assert re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", read) or repr(text) in read or "ahead" in read
