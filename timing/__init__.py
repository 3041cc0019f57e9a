"""What Lichen costs at run time, against what a user would run instead: `make bench`."""
