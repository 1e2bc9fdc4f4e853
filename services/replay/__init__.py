"""`nightjar replay`: the motion detector over what was recorded, as fast as it goes."""
