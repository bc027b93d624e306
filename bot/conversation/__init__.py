"""Language: what people read and what they write. No vendor's words, no SQL, no clock of its own.

The rooms import one way: files, forms → answers → refusals → team → guest_texts, replies → typed → times.
"""
