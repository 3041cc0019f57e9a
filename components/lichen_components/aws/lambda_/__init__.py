"""What Lambda hosts: a function on arm64, with a small model in its image."""
