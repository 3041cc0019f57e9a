"""Tables made from tables: nothing is fetched here."""
