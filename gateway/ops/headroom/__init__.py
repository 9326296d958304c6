"""`gateway headroom`: how much could still go in, and what would stop it."""
