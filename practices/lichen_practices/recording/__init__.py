"""What was decided, from what, by which version: a file that anybody can judge again."""
