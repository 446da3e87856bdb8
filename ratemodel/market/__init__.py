"""The border: everything that is read is checked here, and nowhere else."""

from ratemodel.market.store import load_market

__all__ = ["load_market"]
