"""RatePath -> odds: how probable each target is after each meeting, and how good such odds were."""

from ratemodel.odds.expected import expected_moves
from ratemodel.odds.dispersion import Dispersion, learn_dispersion
from ratemodel.odds.probabilities import meeting_probabilities, reported_dates
from ratemodel.odds.scores import ERAS, score_odds

__all__ = [
    "ERAS",
    "Dispersion",
    "expected_moves",
    "learn_dispersion",
    "meeting_probabilities",
    "reported_dates",
    "score_odds",
]
