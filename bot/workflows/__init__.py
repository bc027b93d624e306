"""One file per thing that can happen. Workflows meet only in the database; none imports another."""
