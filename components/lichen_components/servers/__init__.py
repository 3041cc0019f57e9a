"""What runs in the container, apart from what hosts it: one file a serving program."""
