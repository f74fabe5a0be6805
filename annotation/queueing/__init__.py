"""Which item comes next, for whom, and how many answers one wants: small policies, one file each."""
