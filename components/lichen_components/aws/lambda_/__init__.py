"""What Lambda hosts: a function on arm64, with a small model in its image."""

from lichen_components.row import MakerRow

MAKERS = (MakerRow("lambda", "lichen_components.aws.lambda_.function:ServingFunction"),)
