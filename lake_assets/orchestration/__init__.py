"""ORCHESTRATION: what Dagster is told and what it starts. Every module that imports dagster stands here."""
