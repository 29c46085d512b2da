"""Models of one's own: what they are, and how they are run in a process that cannot harm this one."""
