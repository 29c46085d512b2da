"""Pictures and films, in and out."""
