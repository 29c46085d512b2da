"""Running a server: configuration, log, rate limits, memory. Knows no pose and no page."""
