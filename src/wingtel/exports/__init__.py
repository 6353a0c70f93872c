"""Exports of complete answers as CSV, NDJSON and Parquet files, from one snapshot and in little memory."""
