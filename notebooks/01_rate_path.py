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
# # What the market expected of the Fed
#
# A fed funds future settles on the average effective rate of its delivery month. Between two
# meetings the expected rate is flat, so all contracts together are a system of equations in one
# current level and one move a meeting; `rate_path` is its solution on each trade date, with
# standard errors.
#
# This notebook reads the tables of a finished run (`make run`; set `RATEMODEL_OUT` for another
# folder) and computes nothing.

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
# If the line above says *replica*, the numbers are generated: they show what the software does
# and are not a finding.
#
# ## The path before the event and at its end
#
# `rate_pct` is the effective rate expected to rule from `effective_date` on; an empty `meeting`
# is the current level. `rate_identified` is false where no set of contracts tells two neighbouring
# meetings apart: the level is then mostly the prior, its error is large, and nothing should be
# read into it.

# %%
path = tables["rate_path"]
before = path.loc[path["trade_date"] < first, "trade_date"].max()
columns = ["trade_date", "meeting", "effective_date", "rate_pct", "rate_se_bp", "rate_identified"]
path.loc[path["trade_date"].isin([before, last]), columns]

# %% [markdown]
# Look first at where the two lines part. A revision of the next two meetings is about what the
# committee will do; one that begins a year out is about who will sit on it, or about inflation.
# `after − before` nets out what happened in between: a fall and a recovery leave nothing here,
# and are in the next notebook.

# %%
rm.figures.rate_path_figure(tables, event)

# %% [markdown]
# ## At fixed distances
#
# `priced_change_bp` is the distance from the rate that rules now: minus 50 means that two cuts
# are expected. If cuts were priced before the event and the same cuts after it, no premium for
# cuts was lost in it, whatever the headlines said.

# %%
horizons = tables["path_horizons"]
horizons.loc[horizons["trade_date"].isin([before, last])].drop(columns=["study", "data_kind"])
