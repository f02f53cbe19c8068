-- Failed attempts to prove who somebody is, counted before the proof is checked; and the devices that users know.
CREATE TABLE identity.throttles (
  key        bytea PRIMARY KEY,                -- blind index of an account, a name nobody has, a network or a device
  failures   integer NOT NULL DEFAULT 0 CHECK (failures >= 0),
  last_at    timestamptz NOT NULL,
  open_at    timestamptz NOT NULL              -- until then nothing is tried
);
CREATE INDEX throttles_by_age ON identity.throttles (last_at);

CREATE TABLE identity.devices (
  token_hash   bytea PRIMARY KEY,              -- SHA-256
  user_id      uuid NOT NULL REFERENCES identity.users,
  user_agent   text,
  created_at   timestamptz NOT NULL,
  last_used_at timestamptz NOT NULL
);
CREATE INDEX devices_by_user ON identity.devices (user_id);
