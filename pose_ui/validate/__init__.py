"""What only the Validate page needs."""
