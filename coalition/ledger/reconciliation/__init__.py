"""The journal against the chain, and against what explains it."""
