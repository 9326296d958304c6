"""Measuring the gateway: every part in one run, beside a bare copy of the same bytes.

It must never be part of a test that passes or fails: machines are shared and noisy.
"""
