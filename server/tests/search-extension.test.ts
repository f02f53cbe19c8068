// A database that may not have the extension that the search needs says so in one line.
import { expect, it } from "vitest";
import { migrate } from "../src/runtime/migrations/migrate.ts";
import { createTestDatabase } from "./database.ts";

it("names the extension that is missing, and who can add it", async () => {
  const database = await createTestDatabase({ migrated: false });
  try {
    await database.db.unsafe(`
      CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE insufficient_privilege USING MESSAGE = 'permission denied to create extension'; END $$;
      CREATE EVENT TRIGGER no_extensions ON ddl_command_start WHEN TAG IN ('CREATE EXTENSION') EXECUTE FUNCTION refuse();`);
    await expect(migrate(database.db)).rejects.toThrow(
      /needs the PostgreSQL extension pg_trgm.*permission denied.*CREATE EXTENSION pg_trgm/,
    );
  } finally {
    await database.drop();
  }
});
