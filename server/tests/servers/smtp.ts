// A real SMTP server in a process of its own: prints its port, then each mail it took as a line of JSON. Recipients that
// begin with "refused" it does not take, those with "later" not at the first time. With the argument "auth" it asks who sends, and
// prints that too.
import { SMTPServer } from "smtp-server";

const seen = new Set<string>();

const asks = process.argv[2] === "auth";

const server = new SMTPServer({
  authOptional: !asks,
  allowInsecureAuth: asks,
  disabledCommands: asks ? ["STARTTLS"] : ["AUTH", "STARTTLS"],
  onAuth({ username, password }, _session, done) {
    console.log(JSON.stringify({ username, password }));
    done(null, { user: username });
  },
  onRcptTo({ address }, _session, done) {
    const isFirst = !seen.has(address);
    seen.add(address);
    if (address.startsWith("refused")) done(Object.assign(new Error("no such user"), { responseCode: 550 }));
    else if (address.startsWith("later") && isFirst)
      done(Object.assign(new Error("try later"), { responseCode: 451 }));
    else done();
  },
  onData(stream, session, done) {
    const chunks: Buffer[] = [];
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("end", () => {
      const to = session.envelope.rcptTo.map(({ address }) => address);
      console.log(JSON.stringify({ to, source: Buffer.concat(chunks).toString() }));
      done();
    });
  },
});
const listener = server.listen(0, "127.0.0.1", () => {
  const address = listener.address();
  console.log(JSON.stringify({ port: typeof address === "object" ? address?.port : undefined }));
});
