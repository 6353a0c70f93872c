"""Ingestion: the one way in for usage, whoever sends it."""
