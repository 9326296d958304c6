"""The recordkeeper gateway: from contributions and marks to exact daily settlement.

Rooms, top to bottom; a room may import only what stands below it: `ops` (commands),
`shell` (hosts), `wire` (Avro, topics), `log` (partitions), `desks` (the five decisions),
`connector` (the partner kit), `core` (the trade), `errors`.

Not here: any partner's dialect. Partners live in `connectors`, found by entry points.
"""
