-- Let no statement of this session wait longer for a lock than this.
SELECT set_config('lock_timeout', %(limit)s, false)
