"""The trade itself, pure: money, sessions, limits, NAV, and the words for them. Never I/O, clock or Kafka."""
