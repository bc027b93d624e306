"""One file per group of operator's commands, loaded when one of them is typed; `bot.cli` has their names."""
