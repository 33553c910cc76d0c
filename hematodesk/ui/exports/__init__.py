"""Exports and imports: the dialog, the PDF report."""
