"""What only the Coach page needs."""
