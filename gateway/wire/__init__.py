"""Avro and the vocabulary: framing, registry, codec, topics. Never a rule of the trade."""
