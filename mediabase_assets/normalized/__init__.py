"""How one normalized table is built, and the account of the facts that it was built from."""
