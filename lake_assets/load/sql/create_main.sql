-- Create a main table; BRIN finds an hour's rows for next to nothing, for they are stored side by side.
CREATE TABLE IF NOT EXISTS {main} (
    {columns},
    _lake_hour timestamptz NOT NULL,
    _lake_file bigint NOT NULL,
    _lake_record bigint NOT NULL
)
