"""The HTTP door: pages on loopback that show what would be sent."""
