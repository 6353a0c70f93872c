"""Standing price limits: reached thresholds are found from the aggregates, stored as alerts, and sent out."""
