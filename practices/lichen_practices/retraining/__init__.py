"""Where and when to train again: regions and hours for a training, with what waiting saves."""
