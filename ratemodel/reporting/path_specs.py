"""What the tables of the rate path and of odds hold, column by column."""

from __future__ import annotations

from ratemodel.reporting.spec_columns import (
    BP,
    DAYS_AHEAD,
    ERA,
    LEVEL,
    PCT,
    TRADE_DATE,
    column,
    number,
)
from ratemodel.types.columns import TableSpec

PATH_TABLES = (
    TableSpec(
        "rate_path",
        (
            TRADE_DATE,
            column("meeting", "date", "Announcement date; empty = current level.", empty=True),
            column("effective_date", "date", "First day at the new rate.", empty=True),
            number("rate_pct", "Expected effective rate after the meeting.", PCT),
            number("rate_se_bp", "Standard error of rate_pct.", BP),
            number("change_bp", "Expected move at the meeting.", BP, empty=True),
            number("change_se_bp", "Standard error of change_bp.", BP, empty=True),
            column(
                "identified",
                "boolean",
                "Contracts span change_bp (now: the level) and its prior share is < 0.5.",
            ),
            number("prior_share", "Posterior over prior variance of change_bp.", "fraction"),
            column(
                "rate_identified", "boolean", "The same of rate_pct, the level after the meeting."
            ),
            number("rate_prior_share", "Posterior over prior variance of rate_pct.", "fraction"),
        ),
        ("trade_date", "meeting"),
        "Expected rates by trade date and meeting, read jointly from all fed funds futures.",
    ),
    TableSpec(
        "path_horizons",
        (
            TRADE_DATE,
            column("horizon_months", "integer", "Months from the trade date.", "months"),
            number("expected_rate_pct", "Rate expected to rule then.", PCT),
            number(
                "priced_change_bp",
                "Its distance from the announced target plus the usual spread.",
                BP,
            ),
            number("se_bp", "Standard error of the expected rate.", BP),
            column("identified", "boolean", "Contracts span the level and reach the date."),
            number("low_pct", "Lower end of the band of the realised rate.", PCT, empty=True),
            number("high_pct", "Upper end of the band of the realised rate.", PCT, empty=True),
            column(
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
            TRADE_DATE,
            column("meeting", "date", "Announcement date."),
            number("target_lower_pct", "Lower end of the target range.", PCT),
            number("target_upper_pct", "Upper end; equal to the lower for a single target.", PCT),
            number("probability", "Probability of that target after the meeting.", "fraction"),
            column("engine", "text", "What the path was read with."),
        ),
        ("trade_date", "meeting", "target_lower_pct"),
        "Odds of each target, for the event window, ten trade dates on either side and month ends; "
        "[path] probabilities = all gives all dates.",
    ),
    TableSpec(
        "odds_scores",
        (
            ERA,
            DAYS_AHEAD,
            column(
                "measure",
                "text",
                "rmse_bp: root mean squared error of the expected cumulative move; rps: ranked "
                "probability score; log_loss: floor 0.005. Smaller is better.",
                choices=("rmse_bp", "rps", "log_loss"),
            ),
            number("value", "Of this path's odds."),
            number("fedwatch", "Of FedWatch's, for the same meetings."),
            number("gain", "fedwatch less value: positive is better than FedWatch."),
            number("low", "Lower end of the gain's interval (block bootstrap).", empty=True),
            number("high", "Upper end.", empty=True),
            LEVEL,
            column("n", "integer", "Meetings.", "count"),
            column(
                "variants_tried", "integer", "Ways to learn the spread that were tried.", "count"
            ),
        ),
        ("era", "horizon_days", "measure"),
        "Odds of scheduled meetings held against outcomes, beside FedWatch's.",
    ),
    TableSpec(
        "odds_calibration",
        (
            ERA,
            DAYS_AHEAD,
            column("engine", "text", "Whose odds."),
            number("probability_low", "Lower end of a bin of forecasts.", "fraction"),
            number("probability_high", "Upper end.", "fraction"),
            number("forecast", "Mean forecast in the bin.", "fraction"),
            number("observed", "Share that came true.", "fraction"),
            column("n", "integer", "Forecasts.", "count"),
        ),
        ("era", "horizon_days", "engine", "probability_low"),
        "How often forecasts of each probability came true.",
    ),
)
"""In the order of the stages."""
