"""Deterministic simulation: random days under every disturbance, one seed a story.

Not here: deciding (`desks`), the laws (`core.laws`), real brokers and real faults.
"""
