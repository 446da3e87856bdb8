# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # What each day revised
#
# A shock is the day's revision of the rate expected at a fixed date. It is estimated from
# changes of contracts quoted on both days, not as the difference of two paths: a path also moves
# when a contract is listed, flagged or expires, and that is nobody's news. Positive is hawkish.

# %%
# %matplotlib inline
import os
from pathlib import Path

import pandas as pd

import ratemodel as rm

HERE = Path("output/study")
OUT = Path(os.environ.get("RATEMODEL_OUT", HERE if HERE.exists() else ".." / HERE))
files = sorted((OUT / "tables").glob("*.csv"))
tables = {file.stem: pd.read_csv(file, low_memory=False) for file in files}

split = tables["decomposition"]
event = split["event"].iloc[0]
days = tables["decomposition_daily"].query("event == @event")["trade_date"]
first, last = days.min(), days.max()
print(f"{event}, {first} to {last}; data: {split['data_kind'].iloc[0]}")

# %% [markdown]
# ## The days of the event
#
# `path_bp` is the revision of the rate 12 months ahead. Where contracts do not reach that far on
# enough days, a study takes the rate at one fixed date instead, on all days alike, and `source`
# names the date. An empty cell is a revision that the contracts do not identify: it is left out,
# never set to zero.

# %%
shocks = tables["shocks"]
columns = ["trade_date", "target_bp", "path_bp", "path_se_bp", "slope_bp", "is_fomc", "source"]
shocks.loc[shocks["trade_date"].between(first, last), columns]

# %% [markdown]
# Compare the days of the event with the ten before and after it: are they large at all? And look
# at the order: a dovish day followed by a hawkish one sums to little, while prices may have
# fallen on both. Revisions run from 15:00 to 15:00 New York; COMEX gold is struck at 13:30 and
# crypto at midnight UTC, so bars and lines of one date do not cover the same hours. The loadings
# do match them.

# %%
rm.figures.shocks_figure(tables, event)

# %% [markdown]
# ## How far the shock is known
#
# The share of dates on which the contracts identify the shock the study used, and whether that
# is enough. A note says which fall-back was taken.

# %%
checks = tables["checks"]
asked = checks["check"].str.contains("identified|front_contract|calendar")
checks.loc[asked, ["check", "value", "operator", "threshold", "passed", "note"]]
