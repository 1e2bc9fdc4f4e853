"""What a long run is made of: a town of demo cameras, a plan of faults, readings, an account, a verdict."""
