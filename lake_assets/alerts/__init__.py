"""Alerts: what is wrong becomes causes, causes become messages, and messages reach people at least once."""
