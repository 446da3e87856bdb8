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
# # What the fall was made of
#
# For each asset, exactly and in log points × 100:
# total = drift + rate premium + dollar + leverage + residual.
# Read the residual first: it is what nobody measured. "Not rates" is not "leverage".

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
# ## The answer in words

# %%
print((OUT / "headline.txt").read_text(encoding="utf-8"))

# %% [markdown]
# ## The split
#
# `band` says what kind of interval stands beside a number. `confidence` comes from a block
# bootstrap of the days before; `sensitivity` is a range over assumptions and has no coverage;
# `predictive` adds what quiet days' noise could have done. `simple_pct` gives the parts of the
# simple return.
#
# `leverage_floor` counts *measured* forced flows only. `leverage` adds modelled ones where none was
# measured: a point at central values, and a range over what is not known of them.
# `leverage_ceiling` is everything that drift, rates and the dollar leave, and its low and high are
# the confidence set for what leverage could have been. If the set holds zero, these data cannot
# tell leverage from a bad day.

# %%
own = split.query("event == @event")
columns = ["component", "estimate_pp", "low_pp", "high_pp", "band"]
columns += ["share_pct", "share_low_pct", "share_high_pct", "note"]
own.loc[own["asset"] == own["asset"].iloc[0], columns]

# %%
rm.figures.waterfall(tables, event)

# %% [markdown]
# ## Day by day
#
# Two days that nearly cancel in the rate path need not cancel in the price.

# %%
daily = tables["decomposition_daily"].query("event == @event and asset == @own.asset.iloc[0]")
daily[["trade_date", "component", "estimate_pp", "low_pp", "high_pp"]]

# %% [markdown]
# ## Without rates, without the dollar, without forced sellers
#
# Prices force sales and sales move prices. `direct_pp` is a cause alone; `with_amplification_pp`
# is the return less what it would have been without the cause, forced trades included. The
# Shapley values add up to the total less drift.

# %%
causes = tables["counterfactuals"].query("event == @event and asset == @own.asset.iloc[0]")
effects = ["channel", "direct_pp", "with_amplification_pp", "low_pp", "high_pp", "shapley_pp"]
causes[[*effects, "draws", "note"]]

# %% [markdown]
# ## Was it abnormal?
#
# Of the move less rates, dollar and drift: its rank among the days before, its share of simulated
# windows, and a tail beyond the sample. Not every asset that fell was abnormal.

# %%
tables["abnormality"].query("event == @event").drop(columns=["study", "data_kind", "event"])

# %% [markdown]
# ## The flows behind the floor, and the checks
#
# Each flow has a range, a grade and a source, and falls into the first return that was struck
# after it. An asset that is missing here has no measured flow: its zero is for want of a
# measurement.

# %%
tables["measured_flows"].drop(columns=["study", "data_kind"])

# %%
tables["checks"].query("not passed or fatal").drop(columns=["study", "data_kind"])
