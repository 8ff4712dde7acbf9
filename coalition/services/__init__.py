"""Use cases, one file each: one use case is one database transaction."""
