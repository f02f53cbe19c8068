-- Passkeys (WebAuthn): key pairs of which the user's device keeps the private half; and the challenges that they sign.
CREATE TABLE identity.passkeys (
  id            uuid PRIMARY KEY,
  user_id       uuid NOT NULL REFERENCES identity.users,
  credential_id bytea NOT NULL UNIQUE,         -- what the device knows the key by
  public_key    bytea NOT NULL,                -- COSE
  counter       bigint NOT NULL CHECK (counter >= 0), -- signatures so far, as the device counts them; 0: it does not count
  synced        boolean NOT NULL,              -- kept on several devices by their maker
  transports    text[] NOT NULL,
  name          text NOT NULL,
  created_at    timestamptz NOT NULL,
  last_used_at  timestamptz,
  suspended_at  timestamptz                    -- its counter went back: there may be a copy
);
CREATE INDEX passkeys_by_user ON identity.passkeys (user_id, created_at);

-- Each good once, for one purpose, for whom and in the session that asked.
CREATE TABLE identity.challenges (
  challenge_hash bytea PRIMARY KEY,            -- SHA-256
  purpose        text NOT NULL CHECK (purpose IN ('register', 'log_in', 'second_factor', 'step_up')),
  user_id        uuid REFERENCES identity.users,
  session_id     uuid REFERENCES identity.sessions ON DELETE CASCADE,
  expires_at     timestamptz NOT NULL,
  CHECK ((purpose = 'log_in') = (user_id IS NULL)),
  CHECK ((purpose IN ('register', 'step_up')) = (session_id IS NOT NULL))
);
CREATE INDEX challenges_by_expiry ON identity.challenges (expires_at);
CREATE INDEX challenges_by_session ON identity.challenges (session_id) WHERE session_id IS NOT NULL;

-- Backup codes belong to the user, whatever the other factors are.
ALTER TABLE identity.backup_codes DROP CONSTRAINT backup_codes_user_id_fkey;
ALTER TABLE identity.backup_codes ADD FOREIGN KEY (user_id) REFERENCES identity.users;
