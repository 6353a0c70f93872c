"""Standing price limits: who reaches them is found from the aggregates, kept as alerts, and sent out."""
