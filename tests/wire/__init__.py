"""Schemas and bytes: what may change, and what stays readable."""
