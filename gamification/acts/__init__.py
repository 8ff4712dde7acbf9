"""What members do besides buying: posted by partners, or done in the member's own session; each becomes an event."""
