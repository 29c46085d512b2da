"""What bodies do over time: repetitions, exercises, holds. Sees times and poses only."""
