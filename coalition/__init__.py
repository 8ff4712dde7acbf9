"""What happens to points: rules (domain), records (store), use cases (services) and proof (ledger)."""
