"""Reads data sets as records, crops and batches; splits them by group."""
