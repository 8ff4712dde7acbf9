"""The records of gamification: its tables, and the hand-written statements of the engine."""
