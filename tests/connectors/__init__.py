"""Tests of the partner connectors."""
