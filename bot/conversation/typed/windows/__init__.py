"""When somebody means, out of what they typed: pieces, sides, moments, and the window that they make."""
