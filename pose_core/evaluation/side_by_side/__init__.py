"""Two settings on the same frames or pictures: how far apart their joints are, and how fast each is."""
