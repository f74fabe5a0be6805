"""What a rater is given at which turn, and how many answers an item wants: small policies, one file each."""
