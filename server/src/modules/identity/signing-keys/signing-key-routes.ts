// Routes by which administrators look after the keys that sign access tokens.
import { type HttpServer, readFullOrigin } from "../../../http/index.ts";
import { requireRecentProof } from "../factors/step-up.ts";
import { RotationInput, SigningKeyAnswer, SigningKeyList } from "../schemas.ts";
import type { Identity } from "../settings.ts";
import { describeSigningKey, listSigningKeys, rotateSigningKeys } from "./rotate-signing-keys.ts";

const TAG = { "x-keyless": true, tags: ["Operations"] };

export function addSigningKeyRoutes(server: HttpServer, identity: Identity): void {
  server.get(
    "/admin/signing-keys",
    {
      schema: {
        ...TAG,
        operationId: "listSigningKeys",
        summary: "The keys of access tokens that still verify, oldest first",
        response: { 200: SigningKeyList },
      },
    },
    async () => {
      const keys = await listSigningKeys(identity);
      return { signing_keys: keys.map(({ use, ...key }) => ({ ...describeSigningKey(key), use })) };
    },
  );

  server.post(
    "/admin/signing-keys/rotate",
    {
      schema: {
        ...TAG,
        operationId: "rotateSigningKeys",
        summary: "Make the next key of access tokens; needs a fresh proof of who you are",
        body: RotationInput,
        response: { 201: SigningKeyAnswer },
      },
    },
    async (request, reply) => {
      requireRecentProof(identity, request.actor);
      const { mode = "planned", reason } = request.body;
      const context = { actor: request.actor, origin: readFullOrigin(request) };
      const key = await rotateSigningKeys(identity, { mode, reason }, context);
      await identity.keys.reload(); // this process need not wait for its own notification
      return reply.code(201).send(describeSigningKey(key));
    },
  );
}
