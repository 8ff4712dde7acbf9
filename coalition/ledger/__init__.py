"""The chain side: artifacts, node client, recorder, receipts and reconciliation."""
