"""Which item comes next, for whom: small named policies over the open slots of a batch, and where a rater is in it."""
