"""Sender packs: what one sender writes that the general grammar cannot know.

Each is a folder with a manifest, patterns, and messages with what must be read in them
(docs/adding-an-extractor.md). Those in this folder come with Inledger; an operator may name
another folder in SENDER_PACKS. A pack is validated when it is loaded, against its own messages.
"""
