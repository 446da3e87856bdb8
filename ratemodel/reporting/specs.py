"""What each output table holds, column by column: types, units, meanings, once."""

from __future__ import annotations

from ratemodel.types.columns import Column, ColumnType, TableSpec
from ratemodel.types.decomposition import COMPONENTS

BP, PP, PCT, USD = "basis points", "log points x 100", "percent", "US dollars"
ESTIMATED_ON = "Event whose pre-event sample the row comes from."


def _c(
    name: str,
    type_: ColumnType,
    description: str,
    unit: str = "",
    *,
    empty: bool = False,
    choices: tuple[str, ...] = (),
) -> Column:
    return Column(
        name, type_, unit=unit, description=description, allow_empty=empty, choices=choices
    )


def _number(name: str, description: str, unit: str = "", *, empty: bool = False) -> Column:
    return _c(name, "number", description, unit, empty=empty)


_TRADE_DATE = _c(
    "trade_date", "date", "Date on which futures settled (source yields: yields were quoted)."
)
_EVENT = _c("event", "text", "Row of the events table.")
_ASSET = _c("asset", "text", "Symbol.")
_LEVEL = _number("level", "Coverage the band is made for.", "fraction")
_ERA = _c("era", "text", "By date of the meeting.")
_DAYS_AHEAD = _c("horizon_days", "integer", "Calendar days before the announcement.", "days")

_COMPONENT = (
    _c("component", "text", "Part of the return.", choices=COMPONENTS),
    _c("method", "text", "How leverage is measured: flows = impact of measured forced flows."),
    _number("estimate_pp", "Estimate.", PP),
    _number("low_pp", "Lower end of the band.", PP),
    _number("high_pp", "Upper end of the band.", PP),
    _LEVEL,
    _c(
        "band",
        "text",
        "Kind of interval: exact; confidence (block bootstrap); predictive (quiet days' noise "
        "with the bootstrap); sensitivity (range over assumptions); identified_set.",
        choices=("exact", "confidence", "predictive", "sensitivity", "identified_set"),
    ),
    _c("note", "text", "What a reader must know about the row.", empty=True),
    _number("simple_pct", "The estimate as a part of the simple return (Carino).", PCT),
)

TABLES = (
    TableSpec(
        "rate_path",
        (
            _TRADE_DATE,
            _c("meeting", "date", "Announcement date; empty = current level.", empty=True),
            _c("effective_date", "date", "First day at the new rate.", empty=True),
            _number("rate_pct", "Expected effective rate after the meeting.", PCT),
            _number("rate_se_bp", "Standard error of rate_pct.", BP),
            _number("change_bp", "Expected move at the meeting.", BP, empty=True),
            _number("change_se_bp", "Standard error of change_bp.", BP, empty=True),
            _c(
                "identified",
                "boolean",
                "Contracts span change_bp (now: the level) and its prior share is < 0.5.",
            ),
            _number("prior_share", "Posterior over prior variance of change_bp.", "fraction"),
            _c("rate_identified", "boolean", "The same of rate_pct, the level after the meeting."),
            _number("rate_prior_share", "Posterior over prior variance of rate_pct.", "fraction"),
        ),
        ("trade_date", "meeting"),
        "Expected rates by trade date and meeting, read jointly from all fed funds futures.",
    ),
    TableSpec(
        "path_horizons",
        (
            _TRADE_DATE,
            _c("horizon_months", "integer", "Months from the trade date.", "months"),
            _number("expected_rate_pct", "Rate expected to rule then.", PCT),
            _number(
                "priced_change_bp",
                "Its distance from the announced target plus the usual spread.",
                BP,
            ),
            _number("se_bp", "Standard error of the expected rate.", BP),
            _c("identified", "boolean", "Contracts span the level and reach the date."),
            _number("low_pct", "Lower end of the band of the realised rate.", PCT, empty=True),
            _number("high_pct", "Upper end of the band of the realised rate.", PCT, empty=True),
            _c(
                "band",
                "text",
                "predictive: for the effective rate of that day, as wide as past errors were.",
                empty=True,
                choices=("predictive",),
            ),
        ),
        ("trade_date", "horizon_months"),
        "Expected rates at fixed distances.",
    ),
    TableSpec(
        "meeting_probabilities",
        (
            _TRADE_DATE,
            _c("meeting", "date", "Announcement date."),
            _number("target_lower_pct", "Lower end of the target range.", PCT),
            _number("target_upper_pct", "Upper end; equal to the lower for a single target.", PCT),
            _number("probability", "Probability of that target after the meeting.", "fraction"),
            _c("engine", "text", "What the path was read with."),
        ),
        ("trade_date", "meeting", "target_lower_pct"),
        "Odds of each target, for the event window, ten trade dates on either side and month ends; "
        "[path] probabilities = all gives all dates.",
    ),
    TableSpec(
        "odds_scores",
        (
            _ERA,
            _DAYS_AHEAD,
            _c(
                "measure",
                "text",
                "rmse_bp: root mean squared error of the expected cumulative move; rps: ranked "
                "probability score; log_loss: floor 0.005. Smaller is better.",
                choices=("rmse_bp", "rps", "log_loss"),
            ),
            _number("value", "Of this path's odds."),
            _number("fedwatch", "Of FedWatch's, for the same meetings."),
            _number("gain", "fedwatch less value: positive is better than FedWatch."),
            _number("low", "Lower end of the gain's interval (block bootstrap).", empty=True),
            _number("high", "Upper end.", empty=True),
            _LEVEL,
            _c("n", "integer", "Meetings.", "count"),
            _c("variants_tried", "integer", "Ways to learn the spread that were tried.", "count"),
        ),
        ("era", "horizon_days", "measure"),
        "Odds of scheduled meetings held against outcomes, beside FedWatch's.",
    ),
    TableSpec(
        "odds_calibration",
        (
            _ERA,
            _DAYS_AHEAD,
            _c("engine", "text", "Whose odds."),
            _number("probability_low", "Lower end of a bin of forecasts.", "fraction"),
            _number("probability_high", "Upper end.", "fraction"),
            _number("forecast", "Mean forecast in the bin.", "fraction"),
            _number("observed", "Share that came true.", "fraction"),
            _c("n", "integer", "Forecasts.", "count"),
        ),
        ("era", "horizon_days", "engine", "probability_low"),
        "How often forecasts of each probability came true.",
    ),
    TableSpec(
        "shocks",
        (
            _TRADE_DATE,
            _number("target_bp", "Revision of the meeting held, else the next.", BP, empty=True),
            _number(
                "path_bp",
                "Revision of the rate 12 months ahead, or at the fixed date named in source.",
                BP,
                empty=True,
            ),
            _number("slope_bp", "Revision at 24 minus 12 months.", BP, empty=True),
            _number("target_se_bp", "Standard error of target_bp.", BP, empty=True),
            _number("path_se_bp", "Standard error of path_bp.", BP, empty=True),
            _number("slope_se_bp", "Standard error of slope_bp.", BP, empty=True),
            _c("path_identified", "boolean", "Prior share of path_bp is below 0.25."),
            _number("path_12m_bp", "Revision of the rate 12 months ahead.", BP, empty=True),
            _number("path_12m_se_bp", "Standard error of path_12m_bp.", BP, empty=True),
            _c(
                "path_12m_source",
                "text",
                "Contracts alone, or with yields where contracts do not identify it.",
                empty=True,
            ),
            _c("is_fomc", "boolean", "A meeting was announced since the strike before."),
            _c("is_unscheduled", "boolean", "One not on the calendar was."),
            _c("is_cpi", "boolean", "Consumer prices were released; empty: unknown.", empty=True),
            _c("is_payrolls", "boolean", "Payrolls were released; empty: unknown.", empty=True),
            _c(
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
            _c("date", "date", "Date of the strike that ends the return."),
            _ASSET,
            _number("log_return_pp", "Log return.", PP),
            _c("days", "integer", "Strike-to-strike moves joined.", "count"),
            _c("start_utc", "datetime", "Strike at which the return starts."),
            _c("end_utc", "datetime", "Strike at which it ends."),
        ),
        ("date", "asset"),
        "Log returns between strikes on the grid of trade dates; nothing is filled.",
    ),
    TableSpec(
        "volatility_models",
        (
            _c("event", "text", ESTIMATED_ON),
            _ASSET,
            _c("model", "text", "Volatility model and distribution; x: shocks in the variance."),
            _c("parameter", "text", "By arch's names; delta[shock]: of the shock's size."),
            _number("estimate", "Estimate; returns in log points x 100.", empty=True),
            _number("std_err", "Robust standard error; none on a bound.", empty=True),
            _number("t", "Estimate over its error.", empty=True),
            _number("p", "Normal p-value, two-sided; of delta one-sided.", "fraction", empty=True),
            _c("converged", "boolean", "A maximum was verified."),
            _number("log_likelihood", "At the estimate.", empty=True),
            _c("n", "integer", "Observations.", "count"),
            _c("start", "date", "First observation."),
            _c("end", "date", "Last observation."),
            _c("note", "text", "What was done to the model, or why there is none.", empty=True),
        ),
        ("event", "asset", "model", "parameter"),
        "Volatility models of the loading regression's residuals before the event.",
    ),
    TableSpec(
        "volatility",
        (
            _c("event", "text", ESTIMATED_ON),
            _c("date", "date", "Date of the return."),
            _ASSET,
            _c("model", "text", "Volatility model and distribution."),
            _number("sigma_pp", "Conditional standard deviation.", PP),
            _number("standardised_residual", "Residual over sigma."),
        ),
        ("event", "date", "asset", "model"),
        "Conditional volatility before the event.",
    ),
    TableSpec(
        "correlation_models",
        (
            _c("event", "text", ESTIMATED_ON),
            _c("model", "text", "dcc: dynamic conditional correlations."),
            _c("parameter", "text", "a: of news, b: of memory."),
            _number("estimate", "Estimate.", empty=True),
            _number("std_err", "Robust standard error of both steps.", empty=True),
            _number("t", "Estimate over its error.", empty=True),
            _number("p", "Two-sided normal p-value.", "fraction", empty=True),
            _c("converged", "boolean", "A maximum was verified, of every asset's model too."),
            _number("log_likelihood", "Of the correlations alone.", empty=True),
            _c("n", "integer", "Dates common to all assets.", "count"),
            _c("start", "date", "First of them.", empty=True),
            _c("end", "date", "Last of them.", empty=True),
            _c("note", "text", "Dates dropped; why there is no model.", empty=True),
        ),
        ("event", "model", "parameter"),
        "Correlations of the assets' standardised residuals before the event: parameters.",
    ),
    TableSpec(
        "correlations",
        (
            _c("event", "text", ESTIMATED_ON),
            _c("date", "date", "Date of the returns."),
            _c("asset_a", "text", "Symbol."),
            _c("asset_b", "text", "Symbol."),
            _c("model", "text", "dcc: dynamic conditional correlations."),
            _number("correlation", "Of the two assets' returns, given the past."),
        ),
        ("event", "date", "asset_a", "asset_b", "model"),
        "Conditional correlations of the assets before the event.",
    ),
    TableSpec(
        "loadings",
        (
            _EVENT,
            _ASSET,
            _c("shock", "text", "Shock, or dollar."),
            _c("method", "text", "Estimator."),
            _number(
                "estimate_pp_per_bp", "Loading; for the dollar pp per 1 %.", "pp per bp", empty=True
            ),
            _number("std_err", "Standard error.", empty=True),
            _number("ci_low", "Lower end of the confidence interval.", empty=True),
            _number("ci_high", "Upper end of the confidence interval.", empty=True),
            _number("ci_level", "Coverage of the interval.", "fraction"),
            _c("n", "integer", "Rows used.", "count"),
            _c("start", "date", "First row.", empty=True),
            _c("end", "date", "Last row.", empty=True),
            _c("cov_type", "text", "Kind of standard error.", empty=True),
            _c("converged", "boolean", "The estimator found its optimum."),
            _c("reason", "text", "Why there is no estimate.", empty=True),
            _number(
                "attenuation",
                "Factor by which errors in the shock shrink the loading.",
                "fraction",
                empty=True,
            ),
            _c("dropped", "integer", "Rows of the span left out: something missing.", "count"),
        ),
        ("event", "asset", "shock", "method"),
        "Loadings of returns on shocks, matched by the clock, before the event.",
    ),
    TableSpec(
        "measured_flows",
        (
            _EVENT,
            _ASSET,
            _c("date", "date", "Date of the flow."),
            _TRADE_DATE,
            _c("channel", "text", "Who was forced."),
            _number("low_usd", "Lower end, sales negative.", USD),
            _number("central_usd", "Central value, sales negative.", USD),
            _number("high_usd", "Upper end, sales negative.", USD),
            _c("grade", "text", "A or B: how good the source is."),
            _c("source", "text", "Source.", empty=True),
            _number("adv_usd", "Daily volume before the event, central.", USD),
            _number("sigma_pre_pp", "Volatility known before the event.", PP),
        ),
        ("event", "asset", "date", "channel"),
        "Measured forced flows behind leverage_floor, with the return each falls into.",
    ),
    TableSpec(
        "decomposition",
        (_EVENT, _ASSET, *_COMPONENT),
        ("event", "asset", "component", "method"),
        "The split of each event's return. total = drift + rate_premium + dollar + leverage + "
        "residual.",
    ),
    TableSpec(
        "decomposition_daily",
        (_EVENT, _ASSET, _TRADE_DATE, *_COMPONENT),
        ("event", "asset", "component", "method", "trade_date"),
        "The same for each return of the window.",
    ),
    TableSpec(
        "checks",
        (
            _c("check", "text", "Diagnostic."),
            _number("value", "Measured.", empty=True),
            _c("operator", "text", "How it is compared.", choices=("<=", ">=", "==", "info")),
            _number("threshold", "With what.", empty=True),
            _c("passed", "boolean", "It holds; info always does."),
            _c("fatal", "boolean", "A failure makes the run exit with status 1."),
            _c("note", "text", "What was counted, or why it was not.", empty=True),
        ),
        ("check",),
        "Diagnostics of the run.",
    ),
)
"""In the order of the stages."""

STAMP = (
    _c("study", "text", "Name of the study."),
    _c(
        "data_kind", "text", "Market data, or the generated replica.", choices=("market", "replica")
    ),
)
"""Stands in each row of every table."""
