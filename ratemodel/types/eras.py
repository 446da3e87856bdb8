"""The eras by which results over the whole history are told apart."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

ERAS: Mapping[str, tuple[pd.Timestamp, pd.Timestamp]] = {
    "1989-1995": (pd.Timestamp("1989-01-01"), pd.Timestamp("1995-12-31")),
    "1996-2008": (pd.Timestamp("1996-01-01"), pd.Timestamp("2008-12-31")),
    "2009-2015": (pd.Timestamp("2009-01-01"), pd.Timestamp("2015-12-31")),
    "2016-2023": (pd.Timestamp("2016-01-01"), pd.Timestamp("2023-12-31")),
    "2024-": (pd.Timestamp("2024-01-01"), pd.Timestamp("2199-12-31")),
}
"""By which results are told apart: few contracts, a single target, the zero bound, a range since,
and what came after choices were made."""
