"""Between bytes and vocabulary: framing, Avro, the schema registry on files, the topics.

It must never decide anything of the trade, guess at bytes it does not understand, or give
a schema id that is not committed in `schemas/ids.lock`.
"""
