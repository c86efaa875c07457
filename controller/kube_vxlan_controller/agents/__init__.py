"""What the agents are told and what they answer: `framing`, `refusals` (pure), `turns`, `conversation` and `streams` (I/O)."""

VERSION = 1
"""The newest protocol that is spoken (`docs/protocol.md`). It stands here so that it can be told without loading anything."""
