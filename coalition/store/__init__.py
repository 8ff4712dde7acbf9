"""The records: connection, tables, migrations, and the hand-written statements of the hot path."""
