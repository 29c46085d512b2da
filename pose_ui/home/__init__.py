"""What the Home page alone needs."""
