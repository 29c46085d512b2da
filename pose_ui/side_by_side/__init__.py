"""What only the Side by side page needs."""
