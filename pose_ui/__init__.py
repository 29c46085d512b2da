"""The dashboard's parts; pages put them together."""
