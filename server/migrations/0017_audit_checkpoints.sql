-- Signed statements of how many leaves a log has and what their Merkle root is: C2SP checkpoints, as they were published.
CREATE TABLE audit.checkpoints (
  log       smallint    NOT NULL REFERENCES audit.logs,
  size      bigint      NOT NULL CHECK (size >= 0),
  root      bytea       NOT NULL CHECK (length(root) = 32),
  note      text        NOT NULL,
  signed_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (log, size)
);

-- Keys that have signed checkpoints, in the form that verifiers read. An old one stays: its checkpoints do.
CREATE TABLE audit.signing_keys (
  verifier_key  text        PRIMARY KEY,
  first_used_at timestamptz NOT NULL DEFAULT now()
);

CREATE TRIGGER checkpoints_append_only BEFORE UPDATE OR DELETE ON audit.checkpoints FOR EACH ROW EXECUTE FUNCTION audit.refuse_change();
CREATE TRIGGER checkpoints_no_truncate BEFORE TRUNCATE ON audit.checkpoints FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
REVOKE UPDATE, DELETE, TRUNCATE ON audit.checkpoints FROM PUBLIC, CURRENT_USER;
