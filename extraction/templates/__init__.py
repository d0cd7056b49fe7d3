"""Learned templates: what a person confirmed of a sender's messages, read again by place."""
