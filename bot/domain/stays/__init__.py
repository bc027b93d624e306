"""Stays: a guest's request, the codes made for it, their life and what they do. Who may decide about one is
`bot.domain.approvals`."""
