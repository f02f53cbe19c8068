// A process of the crash test of the trail: `write` appends entries and prints the number of each that is committed;
// `sequence` chains without end, until it is killed.
import { appendAudit, createSequencer } from "../../src/modules/audit/index.ts";
import { openDatabase, type Sql } from "../../src/runtime/database.ts";
import { inTransaction } from "../../src/runtime/transaction.ts";
import { openVault } from "../../src/runtime/vault/vault.ts";

const [url = "", mode = "", name = "", count = "0"] = process.argv.slice(2);

async function write(db: Sql): Promise<void> {
  for (let n = 0; n < Number(count); n += 1) {
    const entry = {
      event: "crash.test",
      actorId: name,
      actorKind: "user",
      outcome: "success",
      origin: { requestId: `${name}-${n}`, ip: `192.0.2.${n % 9}` },
    } as const;
    await inTransaction(db, (tx) => appendAudit(tx, [entry]));
    process.stdout.write(`${n}\n`);
  }
  await db.end();
}

async function sequence(db: Sql): Promise<void> {
  const encryptionKey = Buffer.alloc(32, 7).toString("base64");
  const vault = await openVault(db, { encryptionKey, previousKey: undefined, dataDir: "/nowhere" });
  const sequencer = createSequencer({ db, vault });
  for (;;) await sequencer.runRound();
}

const db = openDatabase({ url, poolSize: 1, statementTimeoutMs: 60_000 });
await (mode === "write" ? write(db) : sequence(db));
