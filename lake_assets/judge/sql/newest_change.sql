-- Tell when a state of a recent hour, or a finding, last changed.
SELECT greatest(
    (SELECT max(updated_at) FROM lake_assets.table_hours WHERE hour > clock_timestamp() - interval '73 hours'),
    (SELECT max(greatest(found_at, gone_at)) FROM lake_assets.findings)
)
