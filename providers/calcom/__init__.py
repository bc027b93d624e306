"""Cal.com: appointments as its webhooks tell of them."""
