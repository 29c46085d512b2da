"""The live picture, shared by all pages that show one: connection, camera check, trouble."""
