"""Rating: prices for usage records that have none."""

from .tariffs import Rate, Tariff, rate

__all__ = ["Rate", "Tariff", "rate"]
