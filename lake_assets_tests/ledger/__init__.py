"""Proves `lake_assets.ledger`."""
