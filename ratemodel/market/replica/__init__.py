"""The embedded data set: generated, with a known truth, on the clocks of real series."""

from ratemodel.market.replica.build import build_replica, replica_tables, replica_truth
from ratemodel.market.replica.settings import REPLICA_SEED

__all__ = ["REPLICA_SEED", "build_replica", "replica_tables", "replica_truth"]
