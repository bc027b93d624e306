"""Other programs that are called when something happens, by the conventions of Standard Webhooks."""
