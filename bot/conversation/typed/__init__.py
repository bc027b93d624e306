"""What people type into chat, turned into meaning: a window, a whole ask, a door, a number, a stay.

`understand_window` and `understand_ask` are the way in: pure functions that read no clock. How words are cut, ordered
and dated is the room `windows`. Guests' texts are `replies`.

Why a grammar of our own: dateparser, parsedatetime and recurrent were tried on these very lines; dateparser makes 12
April of `04/12` and the 23rd of `3`, loses one end of a range, and takes 4 to 250 ms; parsedatetime answers "now" to
what it cannot read, recurrent keeps only the last date. All three guess, and a guessed window is a dead PIN. The
grammar is six shapes of a line, too few to pay for a parser generator.
"""
