"""`nightjar doctor`: looks at a running system as an experienced operator would, and says what to mend."""
