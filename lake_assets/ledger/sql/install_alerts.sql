-- Create or complete what alerts keep: causes, the messages written of them, and the deliveries of each message.
CREATE TABLE IF NOT EXISTS lake_assets.alerts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    source text NOT NULL,
    cause text NOT NULL,
    severity text NOT NULL,
    title text NOT NULL,
    body text NOT NULL,
    tables text [] NOT NULL,
    hours bigint NOT NULL,
    opened_at timestamptz NOT NULL,
    told_at timestamptz,
    told_hours bigint NOT NULL DEFAULT 0,
    told jsonb NOT NULL DEFAULT '[]',
    whole boolean NOT NULL,
    members jsonb NOT NULL,
    closed_at timestamptz
);

COMMENT ON TABLE lake_assets.alerts IS
'one row for each cause that people are told of; open while closed_at is null, held back while told_at is';

CREATE INDEX IF NOT EXISTS open_alerts ON lake_assets.alerts (id) WHERE closed_at IS NULL;

CREATE TABLE IF NOT EXISTS lake_assets.alert_messages (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    alert_id bigint NOT NULL REFERENCES lake_assets.alerts (id) ON DELETE CASCADE,
    event text NOT NULL CONSTRAINT known_event CHECK (event IN ('opened', 'grown', 'reminder', 'closed')),
    title text NOT NULL,
    body text NOT NULL,
    written_at timestamptz NOT NULL
);

CREATE INDEX IF NOT EXISTS messages_of_alert ON lake_assets.alert_messages (alert_id);

CREATE TABLE IF NOT EXISTS lake_assets.alert_receivers (
    receiver text PRIMARY KEY,
    service text NOT NULL,
    since timestamptz NOT NULL
);

COMMENT ON COLUMN lake_assets.alert_receivers.receiver IS
'a hash of the receiver''s URL; the URL itself holds secrets and is never written';

CREATE TABLE IF NOT EXISTS lake_assets.alert_deliveries (
    message_id bigint NOT NULL REFERENCES lake_assets.alert_messages (id) ON DELETE CASCADE,
    receiver text NOT NULL REFERENCES lake_assets.alert_receivers (receiver) ON DELETE CASCADE,
    alert_id bigint NOT NULL,
    event text NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    last_error text,
    next_attempt_at timestamptz NOT NULL,
    delivered_at timestamptz,
    PRIMARY KEY (message_id, receiver)
);

CREATE INDEX IF NOT EXISTS deliveries_to_make
ON lake_assets.alert_deliveries (alert_id, receiver, message_id) WHERE delivered_at IS NULL;
