"""The guest's page: what a text says, as a page that is always current. Facts in, HTML out."""
