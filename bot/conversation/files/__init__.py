"""What an operator writes into files and settings: approval rules, a lock's settings, guests' texts in own words."""
