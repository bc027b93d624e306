"""Pages for whoever has no chat at hand: the guest, and the house's own people. Facts in, HTML out."""
