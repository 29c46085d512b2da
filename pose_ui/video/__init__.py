"""What the Video page alone needs."""
