"""What only the Photo page needs."""
