"""Known truth: markets whose causes are ours, split as if they were not, and what was covered."""

from ratemodel.validation.coverage import summarise_coverage, validate
from ratemodel.validation.worlds import DESIGNS, Design, World, simulate_world

__all__ = ["DESIGNS", "Design", "World", "simulate_world", "summarise_coverage", "validate"]
