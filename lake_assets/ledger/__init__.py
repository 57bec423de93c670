"""LEDGER: what is known of every file and every table-hour, kept in the warehouse for ever."""
