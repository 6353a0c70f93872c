"""Celery tasks, their run history, and the processes that run them."""
