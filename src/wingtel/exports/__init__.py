"""Whole answers as files: CSV, NDJSON and Parquet, of one moment, written in little memory."""
