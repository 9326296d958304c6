"""The five desks: pure decisions on one inbox message. Never Kafka, Avro or a clock."""
