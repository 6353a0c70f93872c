"""Every strategy beside no aggregation at all: the comparison that the seed of this product made."""
