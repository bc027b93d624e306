"""Replies: what guests and approvers without chat text back to us. What they are answered with is `guest_texts`."""
