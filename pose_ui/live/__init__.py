"""What the Live page alone needs."""
