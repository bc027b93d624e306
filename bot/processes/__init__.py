"""One file per line of the Procfile. The only place that sleeps or listens."""
