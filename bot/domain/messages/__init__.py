"""Messages: what is owed to whom, by which medium, when it is tried again, and at what pace. Whose words they are is
`bot.conversation`'s business."""
