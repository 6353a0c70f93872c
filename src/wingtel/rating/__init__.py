"""The price of usage that comes without one."""

from .tariffs import Rate, Tariff, rate

__all__ = ["Rate", "Tariff", "rate"]
