"""Dialects: how each provider answers, one file for each."""
