"""igloohome's own API (iglooaccess): locks, offline PINs and bridges without Seam."""
