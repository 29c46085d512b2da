"""Pictures, videos and clips: reading and writing them."""
