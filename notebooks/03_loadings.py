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
# # How far prices move with rates on quiet days
#
# The rate part of a crash is the event's shocks times the loading of the days *before* it. No
# row whose return or shock touches the event is used, so the event cannot explain itself.

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
# ## The estimates
#
# `estimate_pp_per_bp` is the return, in log points × 100, that goes with a revision of one basis
# point; for `dollar` it goes with a rise of 1 % in the part of the dollar that the rate shocks
# do not explain. A return is set against every shock whose hours it overlaps, so that a
# settlement at 13:30 is not asked about a statement at 14:00. `attenuation` is how much errors
# in the shock shrink the loading; `dropped` counts days that lacked a shock or a dollar.

# %%
loadings = tables["loadings"].query("event == @event and method == 'ols'")
columns = ["asset", "shock", "method", "estimate_pp_per_bp", "ci_low", "ci_high", "n", "start"]
loadings[[*columns, "end", "cov_type", "attenuation", "dropped", "reason"]]

# %% [markdown]
# An interval that holds zero does not say that rates do not matter for the asset; it says that
# these days cannot tell. Mind the scale: a loading of 0.1 makes a revision of 5 bp worth half a
# percent.

# %%
rm.figures.loadings_figure(tables, event)

# %% [markdown]
# ## By other methods
#
# The same loading asked in ten ways: weighted by volatility, on event days alone, from the shift of
# variance on them, with large days held back, at the end of the sample, drawn to published values.
# A method that does not apply says why. `largest_day_weight` is how much hangs on one day;
# `break_p` is how probable so large a change inside the sample is if the loading never changed.

# %%
others = tables["loadings"].query("event == @event and shock != 'dollar'")
columns = ["asset", "method", "estimate_pp_per_bp", "ci_low", "ci_high", "n", "largest_day_weight"]
others[[*columns, "break_date", "break_p", "reason", "note"]]

# %%
rm.figures.methods_figure(tables, event)

# %%
rm.figures.paths_figure(tables, event)

# %% [markdown]
# ## How much a quiet day varies
#
# The residuals of this regression have a volatility model (GJR-GARCH with Student's t). What it
# says of the noise before the event is what the event's unexplained part is held against. `note`
# tells where a simpler model had to be fitted; `converged` is a check.

# %%
models = tables["volatility_models"].query("event == @event")
columns = ["asset", "model", "parameter", "estimate", "std_err", "converged", "note"]
models.loc[models["asset"] == models["asset"].iloc[0], columns]
