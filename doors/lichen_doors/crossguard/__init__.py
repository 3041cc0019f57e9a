"""The CrossGuard pack: what ``pulumi up --policy-pack`` starts."""
