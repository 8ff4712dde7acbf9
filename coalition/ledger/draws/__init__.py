"""Prize draws on the chain: what binds them, and what anyone can check of them."""
