"""Language: what people read and what they write. No vendor's words, no SQL, no clock of its own."""
