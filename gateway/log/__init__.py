"""Logs: bytes, positions, fencing. Never a desk."""
