"""What only the Live page needs."""
