"""What the Photo page alone needs."""
