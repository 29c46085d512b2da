"""From a picture to people: photos and live streams."""
