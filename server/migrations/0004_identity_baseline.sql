-- People and programs who sign in: users, their sessions and factors, API keys, the keys that sign access
-- tokens, and what must no longer be believed.
CREATE SCHEMA identity;

CREATE TABLE identity.users (
  id                uuid PRIMARY KEY,          -- the `sub` of the user's tokens
  username          text NOT NULL,             -- as the user writes it
  username_key      text NOT NULL UNIQUE,      -- in lower case
  email             text NOT NULL,             -- encrypted
  email_index       bytea NOT NULL UNIQUE,     -- blind index of the address in lower case
  email_verified_at timestamptz,
  full_name         text,                      -- encrypted
  password_hash     text,                      -- PHC string (Argon2id), or bcrypt from elsewhere; null: none
  password_set_at   timestamptz,
  roles             text[] NOT NULL CHECK (roles <> '{}'
    AND roles <@ '{admin,operator,service,customer}'::text[]),
  state             text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'disabled')),
  token_version     integer NOT NULL DEFAULT 1, -- access tokens with a lower one are void
  version           integer NOT NULL DEFAULT 1, -- of the row, for If-Match
  created_at        timestamptz NOT NULL,
  last_login_at     timestamptz
);
CREATE INDEX users_by_creation ON identity.users (created_at, id);

CREATE TABLE identity.sessions (
  id            uuid PRIMARY KEY,              -- the `sid` of its tokens
  user_id       uuid NOT NULL REFERENCES identity.users,
  secret        text NOT NULL,                 -- encrypted; signs this session's refresh tokens
  counter       integer NOT NULL DEFAULT 1 CHECK (counter > 0), -- of the one refresh token that is good
  rotated_at    timestamptz NOT NULL,
  user_agent    text,
  methods       text[] NOT NULL,               -- RFC 8176: pwd, otp, hwk
  -- when the user last proved who they are: what step-up asks for
  confirmed_at  timestamptz NOT NULL,
  impersonator_id uuid REFERENCES identity.users,
  impersonation_reason text,
  created_at    timestamptz NOT NULL,
  last_used_at  timestamptz NOT NULL,
  expires_at    timestamptz NOT NULL,
  ended_at      timestamptz,
  end_reason    text,
  CHECK ((impersonator_id IS NULL) = (impersonation_reason IS NULL)),
  CHECK ((ended_at IS NULL) = (end_reason IS NULL))
);
CREATE INDEX sessions_by_user ON identity.sessions (user_id, created_at) WHERE ended_at IS NULL;
CREATE INDEX sessions_by_expiry ON identity.sessions (expires_at);
CREATE INDEX sessions_by_impersonator ON identity.sessions (impersonator_id)
  WHERE impersonator_id IS NOT NULL AND ended_at IS NULL;

CREATE TABLE identity.signing_keys (
  kid         text PRIMARY KEY,
  public_key  text NOT NULL,                   -- JWK
  private_key text NOT NULL,                   -- JWK, encrypted
  created_at  timestamptz NOT NULL,
  -- published before it signs, so that caches of the JWKS know it
  signs_from  timestamptz NOT NULL,
  verifies_until timestamptz                   -- null: until its successor signs
);

-- What every process refuses before its time: sessions (s:), users' older tokens (u:), API keys (k:).
CREATE TABLE identity.revocations (
  subject     text PRIMARY KEY,
  version_min integer NOT NULL,                -- tokens of this version and above are good again
  expires_at  timestamptz NOT NULL             -- when the last token concerned has expired
);

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

-- Failed attempts to prove who somebody is, counted before the proof is checked; and the devices that users
-- know.
CREATE TABLE identity.throttles (
  -- blind index of an account, a name nobody has, a network or a device
  key        bytea PRIMARY KEY,
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

-- The second factor: an authenticator app (TOTP).
CREATE TABLE identity.totp (
  user_id      uuid PRIMARY KEY REFERENCES identity.users,
  secret       text NOT NULL,                  -- encrypted
  confirmed_at timestamptz,                    -- null: begun, not asked for yet
  last_step    bigint NOT NULL DEFAULT 0,      -- of the last code that was used: each code is good once
  created_at   timestamptz NOT NULL
);

-- Backup codes belong to the user, whatever the other factors are.
CREATE TABLE identity.backup_codes (
  user_id   uuid NOT NULL REFERENCES identity.users,
  code_hash bytea NOT NULL,                    -- SHA-256 of user and code
  used_at   timestamptz,
  PRIMARY KEY (user_id, code_hash)
);

-- Passkeys (WebAuthn): key pairs of which the user's device keeps the private half; and the challenges that
-- they sign.
CREATE TABLE identity.passkeys (
  id            uuid PRIMARY KEY,
  user_id       uuid NOT NULL REFERENCES identity.users,
  credential_id bytea NOT NULL UNIQUE,         -- what the device knows the key by
  public_key    bytea NOT NULL,                -- COSE
  -- signatures so far, as the device counts them; 0: it does not count
  counter       bigint NOT NULL CHECK (counter >= 0),
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

-- Changes of a user's address: the new one counts once it is confirmed; until a week after that the old one
-- can take it back, and is nobody else's.
CREATE TABLE identity.email_changes (
  id              uuid PRIMARY KEY,
  user_id         uuid NOT NULL REFERENCES identity.users,
  old_email       text NOT NULL,               -- encrypted, as the new one
  old_index       bytea NOT NULL,
  old_verified    boolean NOT NULL,
  new_email       text NOT NULL,
  new_index       bytea NOT NULL,
  created_at      timestamptz NOT NULL,
  confirmed_at    timestamptz,
  withdrawn_at    timestamptz,                 -- replaced by another wish before it was confirmed
  undone_at       timestamptz,
  CHECK (confirmed_at IS NULL OR withdrawn_at IS NULL)
);
CREATE INDEX email_changes_by_user ON identity.email_changes (user_id, created_at);
CREATE INDEX email_changes_by_old_index ON identity.email_changes (old_index);
CREATE UNIQUE INDEX email_changes_pending ON identity.email_changes (user_id)
  WHERE confirmed_at IS NULL AND withdrawn_at IS NULL AND undone_at IS NULL;

-- One-time tokens that travel by mail.
CREATE TABLE identity.link_tokens (
  token_hash  bytea PRIMARY KEY,               -- SHA-256
  user_id     uuid NOT NULL REFERENCES identity.users,
  purpose     text NOT NULL CHECK (purpose IN ('verify_email', 'reset_password', 'change_email',
    'undo_email_change')),
  -- of the address it was sent to; the first two are void once that changes
  email_index bytea NOT NULL,
  change_id   uuid REFERENCES identity.email_changes ON DELETE CASCADE,
  created_at  timestamptz NOT NULL,
  expires_at  timestamptz NOT NULL,
  used_at     timestamptz,
  CHECK ((change_id IS NOT NULL) = (purpose IN ('change_email', 'undo_email_change')))
);
CREATE INDEX link_tokens_by_change ON identity.link_tokens (change_id) WHERE change_id IS NOT NULL;
CREATE INDEX link_tokens_by_user ON identity.link_tokens (user_id, purpose);
CREATE INDEX link_tokens_by_expiry ON identity.link_tokens (expires_at);

-- Mails to send, written with the act that calls for them. Links are made when a mail leaves, so that no
-- token rests here.
CREATE TABLE identity.mails (
  id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  template        text NOT NULL,
  user_id         uuid REFERENCES identity.users,
  -- encrypted: whom somebody asked a reset for, who may not exist
  login           text,
  -- what a mail about a change of address is about
  change_id       uuid REFERENCES identity.email_changes ON DELETE CASCADE,
  attempts        smallint NOT NULL DEFAULT 0,
  created_at      timestamptz NOT NULL,
  next_attempt_at timestamptz NOT NULL,
  last_error      text,
  CHECK ((user_id IS NULL) <> (login IS NULL))
);
CREATE INDEX mails_due ON identity.mails (next_attempt_at);
