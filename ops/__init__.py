"""Running a server: configuration, log, rate limits, memory. Knows nothing of poses or pages."""
