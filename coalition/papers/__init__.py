"""A partner's statement as papers: for reading (HTML, PDF) and for recomputing (CSV, JSON). Nothing here does I/O."""
