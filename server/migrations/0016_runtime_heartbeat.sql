-- One row that is written to find out whether anything can be: `/health/ready` asks so.
CREATE TABLE runtime.heartbeat (
  only_row boolean     PRIMARY KEY DEFAULT true CHECK (only_row),
  beat_at  timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 10);
INSERT INTO runtime.heartbeat DEFAULT VALUES;
