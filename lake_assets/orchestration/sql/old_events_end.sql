-- Tell up to which event Dagster's event log is older than a moment.
SELECT coalesce(max(id), 0) FROM {event_logs} WHERE timestamp < %(until)s AND id > %(after)s
