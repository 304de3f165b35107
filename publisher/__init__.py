"""Turns articles into email digests and social posts, and sends them once."""

__version__ = "0.1.0"
