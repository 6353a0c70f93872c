"""Ingestion of usage records, from files, HTTP and Python alike."""
