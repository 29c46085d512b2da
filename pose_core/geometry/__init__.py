"""Arrays in, arrays out: angles, body size, jitter."""
