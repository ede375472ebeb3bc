"""Readers of faces that others have filmed and labelled."""
