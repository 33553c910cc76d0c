"""Data sets into records, crops and batches; splits by group."""
