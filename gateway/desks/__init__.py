"""The five desks (intake, plan, fund, cash, dispatch): a state, `decide` and `evolve` each.

They must never import one another (they talk by message), read a clock or the outside
world, log, or know Kafka, Avro or a partner's name.
"""
