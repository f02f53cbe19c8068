-- The second factor: an authenticator app (TOTP) with backup codes.
CREATE TABLE identity.totp (
  user_id      uuid PRIMARY KEY REFERENCES identity.users,
  secret       text NOT NULL,                  -- encrypted
  confirmed_at timestamptz,                    -- null: begun, not asked for yet
  last_step    bigint NOT NULL DEFAULT 0,      -- of the last code that was used: each code is good once
  created_at   timestamptz NOT NULL
);

CREATE TABLE identity.backup_codes (
  user_id   uuid NOT NULL REFERENCES identity.totp ON DELETE CASCADE,
  code_hash bytea NOT NULL,                    -- SHA-256 of user and code
  used_at   timestamptz,
  PRIMARY KEY (user_id, code_hash)
);
