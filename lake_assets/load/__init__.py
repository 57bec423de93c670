"""LOAD: one table-hour from the lake through staging into main, quarantine and ledger, in one transaction."""
