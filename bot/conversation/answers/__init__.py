"""What one person reads at once, and nobody else: the answer to their command or click."""
