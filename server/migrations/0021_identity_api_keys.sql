-- API keys: how programs come in. Only a hash is kept; the key is shown once, when it is made.
CREATE TABLE identity.api_keys (
  id           text PRIMARY KEY,               -- the part of the key that may be shown
  user_id      uuid NOT NULL REFERENCES identity.users,
  name         text NOT NULL,
  secret_hash  bytea NOT NULL UNIQUE,          -- SHA-256 of the whole key
  scopes       text[] NOT NULL CHECK (scopes <> '{}'),
  created_by   text NOT NULL,
  created_at   timestamptz NOT NULL,
  expires_at   timestamptz NOT NULL,
  last_used_at timestamptz,
  revoked_at   timestamptz
);
CREATE INDEX api_keys_by_user ON identity.api_keys (user_id, created_at);
CREATE INDEX sessions_by_impersonator ON identity.sessions (impersonator_id) WHERE impersonator_id IS NOT NULL AND ended_at IS NULL;
