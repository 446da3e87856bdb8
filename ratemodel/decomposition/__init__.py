"""The split of a crash: rate premium, dollar, leverage, residual."""

from ratemodel.decomposition.linking import cumulation_factor, link_parts
from ratemodel.decomposition.placebo import placebo, placebo_windows
from ratemodel.decomposition.premium import rate_cut_premium
from ratemodel.decomposition.split import decompose, events_of

__all__ = [
    "cumulation_factor",
    "decompose",
    "events_of",
    "link_parts",
    "placebo",
    "placebo_windows",
    "rate_cut_premium",
]
