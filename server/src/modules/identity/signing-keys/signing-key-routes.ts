// Routes by which administrators manage the keys that sign access tokens.
import { addRoute, type HttpServer, readContext } from "../../../http/index.ts";
import { requireRecentProof } from "../factors/step-up.ts";
import { RotationInput, SigningKeyAnswer, SigningKeyList } from "../schemas.ts";
import type { Identity } from "../settings.ts";
import { describeSigningKey, listSigningKeys, rotateSigningKeys } from "./rotate-signing-keys.ts";

const TAG = { "x-keyless": true, tags: ["Operations"] };

export function addSigningKeyRoutes(server: HttpServer, identity: Identity): void {
  addRoute(server, {
    url: "/admin/signing-keys",
    ...TAG,
    operationId: "listSigningKeys",
    summary: "The keys of access tokens that still verify, oldest first",
    answer: SigningKeyList,
    run: async () => {
      const keys = await listSigningKeys(identity);
      return { signing_keys: keys.map(({ use, ...key }) => ({ ...describeSigningKey(key), use })) };
    },
  });

  addRoute(server, {
    method: "POST",
    url: "/admin/signing-keys/rotate",
    ...TAG,
    operationId: "rotateSigningKeys",
    summary: "Make the next key of access tokens; needs a fresh proof of who you are",
    body: RotationInput,
    answer: SigningKeyAnswer,
    status: 201,
    run: async (request) => {
      requireRecentProof(identity, request.actor);
      const { mode = "planned", reason } = request.body;
      const key = await rotateSigningKeys(identity, { mode, reason }, readContext(request));
      await identity.keys.reload(); // this process need not wait for its own notification
      return describeSigningKey(key);
    },
  });
}
