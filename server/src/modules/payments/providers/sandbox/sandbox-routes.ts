// The sandbox's 3-D Secure page for customers: the reference cannot be guessed, so knowing it is the right
// to use the page.
import { Type } from "typebox";
import type { HttpServer } from "../../../../http/index.ts";
import type { Sandbox } from "./sandbox.ts";

const Params = Type.Object({ reference: Type.String({ maxLength: 40 }) });
const Input = Type.Object(
  { outcome: Type.Optional(Type.Enum(["succeed", "fail"], { description: "Default: succeed" })) },
  { additionalProperties: false, examples: [{ outcome: "succeed" }] },
);
const Charge = Type.Object(
  { reference: Type.String(), status: Type.String({ examples: ["authorized"] }) },
  { title: "SandboxCharge" },
);

export function addSandboxRoutes(server: HttpServer, sandbox: Sandbox): void {
  server.post(
    "/sandbox/charges/:reference/confirm",
    {
      config: { public: true },
      schema: {
        tags: ["Payments"],
        operationId: "confirmSandboxCharge",
        summary: "Confirm a sandbox payment as its customer would (3-D Secure)",
        security: [],
        params: Params,
        body: Input,
        response: { 200: Charge },
      },
    },
    async (request) => {
      const { outcome = "succeed" } = request.body;
      const { reference, status } = await sandbox.confirm(request.params.reference, outcome);
      return { reference, status };
    },
  );
}
