"""What members achieve: rules as data, the engine that folds events, and what it grants."""
