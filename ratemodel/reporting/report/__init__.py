"""One page that answers a study, made of the finished tables, without any outside reference."""

from ratemodel.reporting.report.page import report

__all__ = ["report"]
