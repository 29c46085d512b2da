"""What is drawn on a frame: skeletons and captions."""
