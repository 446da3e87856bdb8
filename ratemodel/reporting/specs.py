"""What each output table holds, column by column: types, units, meanings, once."""

from __future__ import annotations

from ratemodel.reporting.path_specs import PATH_TABLES
from ratemodel.reporting.spec_columns import (
    ASSET,
    BP,
    ESTIMATED_ON,
    EVENT,
    LEVEL,
    PCT,
    PP,
    TRADE_DATE,
    USD,
    column,
    number,
)
from ratemodel.types.columns import TableSpec
from ratemodel.types.decomposition import COMPONENTS

_COMPONENT = (
    column("component", "text", "Part of the return.", choices=COMPONENTS),
    column(
        "method",
        "text",
        "How leverage is found: flows = impact of forced flows, measured or modelled; factor = "
        "what goes with other classes' moves.",
    ),
    number("estimate_pp", "Estimate.", PP),
    number("low_pp", "Lower end of the band.", PP),
    number("high_pp", "Upper end of the band.", PP),
    LEVEL,
    column(
        "band",
        "text",
        "Kind of interval: exact; confidence (block bootstrap); predictive (quiet days' noise "
        "with the bootstrap); sensitivity (range over assumptions); identified_set.",
        choices=("exact", "confidence", "predictive", "sensitivity", "identified_set"),
    ),
    column("note", "text", "What a reader must know about the row.", empty=True),
    number("simple_pct", "The estimate as a part of the simple return (Carino).", PCT),
    number(
        "share_pct", "Share of the total; empty below two sigma of quiet days.", PCT, empty=True
    ),
    number("share_low_pct", "Lower end of the band as a share.", PCT, empty=True),
    number("share_high_pct", "Upper end of the band as a share.", PCT, empty=True),
)

_ENDS = (
    number("ci_low", "Lower end of the confidence interval.", empty=True),
    number("ci_high", "Upper end of the confidence interval.", empty=True),
    number("ci_level", "Coverage of the interval.", "fraction"),
)

TABLES = (
    *PATH_TABLES,
    TableSpec(
        "shocks",
        (
            TRADE_DATE,
            number("target_bp", "Revision of the meeting held, else the next.", BP, empty=True),
            number(
                "path_bp",
                "Revision of the rate 12 months ahead, or at the fixed date named in source.",
                BP,
                empty=True,
            ),
            number("slope_bp", "Revision at 24 minus 12 months.", BP, empty=True),
            number("target_se_bp", "Standard error of target_bp.", BP, empty=True),
            number("path_se_bp", "Standard error of path_bp.", BP, empty=True),
            number("slope_se_bp", "Standard error of slope_bp.", BP, empty=True),
            column("path_identified", "boolean", "Prior share of path_bp is below 0.25."),
            number("path_12m_bp", "Revision of the rate 12 months ahead.", BP, empty=True),
            number("path_12m_se_bp", "Standard error of path_12m_bp.", BP, empty=True),
            column(
                "path_12m_source",
                "text",
                "Contracts alone, or with yields where contracts do not identify it.",
                empty=True,
            ),
            column("is_fomc", "boolean", "A meeting was announced since the strike before."),
            column("is_unscheduled", "boolean", "One not on the calendar was."),
            column(
                "is_cpi", "boolean", "Consumer prices were released; empty: unknown.", empty=True
            ),
            column("is_payrolls", "boolean", "Payrolls were released; empty: unknown.", empty=True),
            column(
                "source",
                "text",
                "What the shock was made of; empty where there is none.",
                empty=True,
            ),
        ),
        ("trade_date",),
        "Daily revisions of the expected path, positive = hawkish. Strikes 15:00 New York, of "
        "source yields 15:30.",
    ),
    TableSpec(
        "returns",
        (
            column("date", "date", "Date of the strike that ends the return."),
            ASSET,
            number("log_return_pp", "Log return.", PP),
            column("days", "integer", "Strike-to-strike moves joined.", "count"),
            column("start_utc", "datetime", "Strike at which the return starts."),
            column("end_utc", "datetime", "Strike at which it ends."),
        ),
        ("date", "asset"),
        "Log returns between strikes on the grid of trade dates; nothing is filled.",
    ),
    TableSpec(
        "volatility_models",
        (
            column("event", "text", ESTIMATED_ON),
            ASSET,
            column(
                "model", "text", "Volatility model and distribution; x: shocks in the variance."
            ),
            column("parameter", "text", "By arch's names; delta[shock]: of the shock's size."),
            number("estimate", "Estimate; returns in log points x 100.", empty=True),
            number("std_err", "Robust standard error; none on a bound.", empty=True),
            number("t", "Estimate over its error.", empty=True),
            number("p", "Normal p-value, two-sided; of delta one-sided.", "fraction", empty=True),
            column("converged", "boolean", "A maximum was verified."),
            number("log_likelihood", "At the estimate.", empty=True),
            column("n", "integer", "Observations.", "count"),
            column("start", "date", "First observation."),
            column("end", "date", "Last observation."),
            column("note", "text", "What was done to the model, or why there is none.", empty=True),
        ),
        ("event", "asset", "model", "parameter"),
        "Volatility models of the loading regression's residuals before the event.",
    ),
    TableSpec(
        "volatility",
        (
            column("event", "text", ESTIMATED_ON),
            column("date", "date", "Date of the return."),
            ASSET,
            column("model", "text", "Volatility model and distribution."),
            number("sigma_pp", "Conditional standard deviation.", PP),
            number("standardised_residual", "Residual over sigma."),
        ),
        ("event", "date", "asset", "model"),
        "Conditional volatility before the event.",
    ),
    TableSpec(
        "correlation_models",
        (
            column("event", "text", ESTIMATED_ON),
            column("model", "text", "dcc: dynamic conditional correlations."),
            column("parameter", "text", "a: of news, b: of memory."),
            number("estimate", "Estimate.", empty=True),
            number("std_err", "Robust standard error of both steps.", empty=True),
            number("t", "Estimate over its error.", empty=True),
            number("p", "Two-sided normal p-value.", "fraction", empty=True),
            column("converged", "boolean", "A maximum was verified, of every asset's model too."),
            number("log_likelihood", "Of the correlations alone.", empty=True),
            column("n", "integer", "Dates common to all assets.", "count"),
            column("start", "date", "First of them.", empty=True),
            column("end", "date", "Last of them.", empty=True),
            column("note", "text", "Dates dropped; why there is no model.", empty=True),
        ),
        ("event", "model", "parameter"),
        "Correlations of the assets' standardised residuals before the event: parameters.",
    ),
    TableSpec(
        "correlations",
        (
            column("event", "text", ESTIMATED_ON),
            column("date", "date", "Date of the returns."),
            column("asset_a", "text", "Symbol."),
            column("asset_b", "text", "Symbol."),
            column("model", "text", "dcc: dynamic conditional correlations."),
            number("correlation", "Of the two assets' returns, given the past."),
        ),
        ("event", "date", "asset_a", "asset_b", "model"),
        "Conditional correlations of the assets before the event.",
    ),
    TableSpec(
        "loadings",
        (
            EVENT,
            ASSET,
            column("shock", "text", "Shock, or dollar."),
            column("method", "text", "Estimator."),
            number(
                "estimate_pp_per_bp", "Loading; for the dollar pp per 1 %.", "pp per bp", empty=True
            ),
            number("std_err", "Standard error.", empty=True),
            *_ENDS,
            column("n", "integer", "Rows used.", "count"),
            column("start", "date", "First row.", empty=True),
            column("end", "date", "Last row.", empty=True),
            column("cov_type", "text", "Kind of standard error.", empty=True),
            column("converged", "boolean", "The estimator found its optimum."),
            column(
                "reason",
                "text",
                "Why there is no estimate, or no end to the interval (which is then infinite).",
                empty=True,
            ),
            number(
                "attenuation",
                "Factor by which errors in the shock shrink the loading.",
                "fraction",
                empty=True,
            ),
            number(
                "start_pp_per_bp",
                "Part of ols on shocks that end inside the return; with the other, the estimate.",
                "pp per bp",
                empty=True,
            ),
            number(
                "end_pp_per_bp",
                "Part of ols on shocks that start inside the return.",
                "pp per bp",
                empty=True,
            ),
            column("dropped", "integer", "Rows of the span left out: something missing.", "count"),
            column("largest_day", "date", "Row that identifies the loading most.", empty=True),
            number(
                "largest_day_weight",
                "Its share of the variation that identifies the loading.",
                "fraction",
                empty=True,
            ),
            column(
                "break_date",
                "date",
                "First row after the largest break of the least-squares loading on these rows.",
                empty=True,
            ),
            number("break_statistic", "Largest Wald statistic, trim 0.15.", empty=True),
            number("break_p", "Its p-value, the date being unknown.", "fraction", empty=True),
            number("first_stage_f", "Rigobon-Sack: squared t of the shift.", empty=True),
            column("note", "text", "What the estimator has to say.", empty=True),
        ),
        ("event", "asset", "shock", "method"),
        "Loadings of returns on shocks, matched by the clock, before the event (the split: ols).",
    ),
    TableSpec(
        "loadings_paths",
        (
            EVENT,
            ASSET,
            column("shock", "text", "Shock."),
            column("method", "text", "rolling, kalman: by date; local_projection: by horizon."),
            column("date", "date", "Last row of the window, or the day.", empty=True),
            column("horizon_days", "integer", "Trade dates after the shock.", "days", empty=True),
            number("estimate_pp_per_bp", "Loading.", "pp per bp"),
            number("std_err", "Standard error."),
            *_ENDS,
            column("n", "integer", "Rows used.", "count"),
        ),
        ("event", "asset", "shock", "method", "date", "horizon_days"),
        "Loadings by date and by horizon, before the event.",
    ),
    TableSpec(
        "measured_flows",
        (
            EVENT,
            ASSET,
            column("flow", "integer", "Number of the measurement, in the order of forced_flows."),
            column("date", "date", "Date of the flow."),
            TRADE_DATE,
            column("channel", "text", "Who was forced."),
            number("low_usd", "Lower end, sales negative.", USD),
            number("central_usd", "Central value, sales negative.", USD),
            number("high_usd", "Upper end, sales negative.", USD),
            column("grade", "text", "A or B: how good the source is."),
            column("source", "text", "Source.", empty=True),
            number("adv_usd", "Daily volume before the event, central.", USD),
            number("sigma_pre_pp", "Volatility known before the event.", PP),
        ),
        ("event", "asset", "flow"),
        "Measured forced flows behind leverage_floor, with the return each falls into.",
    ),
    TableSpec(
        "decomposition",
        (EVENT, ASSET, *_COMPONENT),
        ("event", "asset", "component", "method"),
        "The split of each event's return. total = drift + rate_premium + dollar + leverage + "
        "residual.",
    ),
    TableSpec(
        "decomposition_daily",
        (EVENT, ASSET, TRADE_DATE, *_COMPONENT),
        ("event", "asset", "component", "method", "trade_date"),
        "The same for each return of the window.",
    ),
    TableSpec(
        "checks",
        (
            column("check", "text", "Diagnostic."),
            number("value", "Measured.", empty=True),
            column("operator", "text", "How it is compared.", choices=("<=", ">=", "==", "info")),
            number("threshold", "With what.", empty=True),
            column("passed", "boolean", "It holds; info always does."),
            column("fatal", "boolean", "A failure makes the run exit with status 1."),
            column("note", "text", "What was counted, or why it was not.", empty=True),
        ),
        ("check",),
        "Diagnostics of the run.",
    ),
)
"""In the order of the stages."""

STAMP = (
    column("study", "text", "Name of the study."),
    column(
        "data_kind", "text", "Market data, or the generated replica.", choices=("market", "replica")
    ),
)
"""Stands in each row of every table."""
