"""One file per group of operator's commands; `bot.cli` puts them together and owns nothing else."""
