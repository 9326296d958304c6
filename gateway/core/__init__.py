"""The trade itself, pure: money, sessions, the book, limits, NAV, netting, and their words.

It must never read a clock, a file, the network or the environment, draw a random number,
log, hold an amount in a float, or know Kafka, Avro or a partner's name.
"""
