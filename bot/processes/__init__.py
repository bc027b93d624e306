"""One file per line of the Procfile. The only place that sleeps, listens or reads the machine's clock."""
