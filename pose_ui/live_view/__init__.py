"""A live picture as every page with one uses it: connection, check of the camera, trouble."""
