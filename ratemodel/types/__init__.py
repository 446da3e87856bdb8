"""The nouns, in reading order: what moves between the rooms."""

from ratemodel.types.clock import Clock
from ratemodel.types.market import Market
from ratemodel.types.futures import FuturesCurve  # isort: skip
from ratemodel.types.path import RatePath  # isort: skip
from ratemodel.types.returns import Returns  # isort: skip
from ratemodel.types.checks import Check, CheckTable  # isort: skip

__all__ = ["Check", "CheckTable", "Clock", "FuturesCurve", "Market", "RatePath", "Returns"]
