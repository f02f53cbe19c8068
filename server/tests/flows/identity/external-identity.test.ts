// Tokens of a real OpenID Connect provider and tokens in the forms of Microsoft Entra ID, whole and with every field
// mutated, signed again by the issuer's own key: each check must stand by itself.
import { exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../app.ts";
import { type ServerProcess, startServer } from "../../servers/start-server.ts";

const TENANT = "11111111-2222-4333-8444-555555555555";
const CLIENT = "99999999-8888-4777-8666-555555555555";
let provider: ServerProcess;
let app: TestApp;
let key: JWK;
let edwardsKey: JWK;
let issuer: string;
beforeAll(async () => {
  const pair = await generateKeyPair("ES256", { extractable: true });
  key = { ...(await exportJWK(pair.privateKey)), kid: "k1", alg: "ES256", use: "sig" };
  const edwards = await generateKeyPair("EdDSA", { crv: "Ed25519", extractable: true });
  edwardsKey = { ...(await exportJWK(edwards.privateKey)), kid: "ed1", alg: "EdDSA", use: "sig" };
  provider = await startServer("oidc", [JSON.stringify(key), JSON.stringify(edwardsKey)]);
  issuer = `http://127.0.0.1:${provider.port}`;
  app = await startTestApp({
    OIDC_ISSUER: issuer,
    OIDC_AUDIENCE: "urn:countinghouse",
    AZURE_AD_TENANT_ID: TENANT,
    AZURE_AD_CLIENT_ID: CLIENT,
    AZURE_AD_AUTHORITY: issuer,
  });
});
afterAll(async () => {
  await app?.stop();
  await provider?.stop();
});

type Claims = Record<string, unknown>;
const ask = (token: string) => app.call("GET", "/api/v1/accounts", { token });
const decode = (part: string | undefined) =>
  JSON.parse(Buffer.from(part ?? "", "base64url").toString()) as Claims;

async function sign(claims: Claims, header: Claims = {}): Promise<string> {
  const protectedHeader = { alg: "ES256", kid: "k1", typ: "at+jwt", ...header };
  return new SignJWT(claims as never).setProtectedHeader(protectedHeader).sign(await importJWK(key, "ES256"));
}

async function fetchToken(client = "till"): Promise<string> {
  const answer = await fetch(`${issuer}/token`, {
    method: "POST",
    headers: { authorization: `Basic ${btoa(`${client}:${client}-secret`)}` },
    body: new URLSearchParams({ grant_type: "client_credentials", scope: "transactions" }),
  });
  const body = (await answer.json()) as { access_token?: string };
  expect(body.access_token, JSON.stringify(body)).toBeTypeOf("string");
  return body.access_token ?? "";
}

describe("tokens of the provider", () => {
  test("V10.3 are accepted as their subject with their roles", async () => {
    const token = await fetchToken();
    expect((await ask(token)).status).toBe(200);
    const opened = await app.call("POST", "/api/v1/accounts", { token, body: { currency: "EUR" } });
    expect(opened).toMatchObject({ status: 201, body: { owner_id: "oidc:till" } });
    expect((await app.call("POST", "/api/v1/exchange-rates", { token, body: {} })).status).toBe(403);
  });

  test("V9.2.3 V10.3.1 are refused when any field is changed, though the issuer's key signed the change", async () => {
    const [head, body] = (await fetchToken()).split(".");
    const [header, claims] = [decode(head), decode(body)];
    expect((await ask(await sign(claims, header))).status).toBe(200);
    const now = Math.floor(Date.now() / 1_000);
    const mutations: [string, Claims, Claims?][] = [
      ["iss", { iss: `${issuer}/` }],
      ["iss", { iss: "https://evil.example" }],
      ["aud", { aud: "urn:other" }],
      ["aud", { aud: undefined }],
      ["exp", { exp: now - 3_600 }],
      ["exp", { exp: undefined }],
      ["exp", { exp: "never" }],
      ["iat", { iat: undefined }],
      ["nbf", { nbf: now + 3_600 }],
      ["sub", { sub: undefined }],
      ["sub", { sub: "" }],
      ["sub", { sub: "x".repeat(200) }],
      ["sub", { sub: "a\u0000b" }],
      ["sub", { sub: 7 }],
      ["roles", { roles: ["root"], scope: undefined }],
      ["roles", { roles: "admin", scope: undefined }],
      ["typ", {}, { typ: "JWT" }],
      ["typ", {}, { typ: undefined }],
      ["kid", {}, { kid: "k2" }],
    ];
    for (const [name, changed, changedHeader = {}] of mutations) {
      const token = await sign({ ...claims, ...changed }, { ...header, ...changedHeader });
      expect((await ask(token)).status, `${name} ${JSON.stringify([changed, changedHeader])}`).toBe(401);
    }
  });

  test("V9.1.1 are refused when any part is changed and not signed again, or signed by another key", async () => {
    const token = await fetchToken();
    const [head = "", body = "", signature = ""] = token.split(".");
    for (const [name, value] of Object.entries(decode(body))) {
      const forged = Buffer.from(JSON.stringify({ ...decode(body), [name]: `${value}x` })).toString(
        "base64url",
      );
      expect((await ask(`${head}.${forged}.${signature}`)).status, name).toBe(401);
    }
    const none = Buffer.from(JSON.stringify({ ...decode(head), alg: "none" })).toString("base64url");
    expect((await ask(`${none}.${body}.`)).status).toBe(401);
    const { privateKey } = await generateKeyPair("ES256");
    const other = await new SignJWT(decode(body))
      .setProtectedHeader({ ...decode(head), alg: "ES256" })
      .sign(privateKey);
    expect((await ask(other)).status).toBe(401);
  });
});

test("tokens that the provider signs with EdDSA, as we do ours, are told from ours by their issuer", async () => {
  const token = await fetchToken("edge");
  const [header, claims] = token.split(".").slice(0, 2).map(decode);
  expect(header).toMatchObject({ alg: "EdDSA", typ: "at+jwt", kid: "ed1" });
  const opened = await app.call("POST", "/api/v1/accounts", { token, body: { currency: "EUR" } });
  expect(opened).toMatchObject({ status: 201, body: { owner_id: "oidc:edge" } });
  const password = "correct horse battery staple";
  const user = { username: "own-ada", email: "own-ada@example.com", password };
  await app.call("POST", "/auth/register", { body: user });
  const login = await app.call("POST", "/auth/login", { body: { username: "own-ada", password } });
  const own = decode(login.body.access_token.split(".")[1]);
  const { keys } = (await app.call("GET", "/.well-known/jwks.json")).body;
  expect((await ask(login.body.access_token)).status).toBe(200);
  const privateKey = await importJWK(edwardsKey, "EdDSA");
  const signBy = (by: typeof privateKey, said: Claims = {}, head: Claims = {}) =>
    new SignJWT({ ...claims, ...said } as never)
      .setProtectedHeader({ ...header, ...head } as { alg: string })
      .sign(by);
  expect((await ask(await signBy(privateKey))).status).toBe(200);
  const foreign = (await generateKeyPair("EdDSA", { crv: "Ed25519" })).privateKey;
  for (const forged of [
    await signBy(foreign),
    await signBy(privateKey, {}, { kid: keys[0].kid }),
    await signBy(privateKey, own),
    await signBy(privateKey, own, { kid: keys[0].kid }),
    await signBy(privateKey, { ...own, iss: issuer }, { kid: keys[0].kid }),
  ])
    expect((await ask(forged)).status, forged).toBe(401);
});

describe("tokens of Entra ID", () => {
  const now = () => Math.floor(Date.now() / 1_000);
  const v2 = (): Claims => ({
    iss: `${issuer}/${TENANT}/v2.0`,
    aud: CLIENT,
    tid: TENANT,
    ver: "2.0",
    oid: "77777777-6666-4555-8444-333333333333",
    sub: "pairwise",
    preferred_username: "ada@contoso.example",
    roles: ["operator"],
    iat: now(),
    exp: now() + 600,
  });
  const v1 = (): Claims => ({
    ...v2(),
    iss: `https://sts.windows.net/${TENANT}/`,
    ver: "1.0",
    aud: `api://${CLIENT}`,
  });
  const asJwt = { typ: "JWT" };

  test("of version 1 and 2 are accepted, as the person's object id", async () => {
    for (const claims of [v1(), v2()]) {
      const token = await sign(claims, asJwt);
      const { body, status } = await app.call("POST", "/api/v1/accounts", {
        token,
        body: { currency: "EUR" },
      });
      expect(status).toBe(201);
      expect(body.owner_id).toBe("entra:77777777-6666-4555-8444-333333333333");
    }
  });

  test("with a delegated scope and no role are a customer's", async () => {
    const token = await sign({ ...v2(), roles: undefined, scp: "access_as_user" }, asJwt);
    expect((await ask(token)).status).toBe(200);
    expect((await app.call("POST", "/api/v1/accounts", { token, body: { currency: "EUR" } })).status).toBe(
      403,
    );
  });

  test.each([
    ["another tenant", { tid: "00000000-0000-4000-8000-000000000000" }],
    ["no tenant", { tid: undefined }],
    ["another audience", { aud: "00000003-0000-0000-c000-000000000000" }],
    ["another version", { ver: "1.0" }],
    ["no object id", { oid: undefined }],
    ["neither role nor scope", { roles: [], scp: undefined }],
    ["a time that is over", { exp: 1_700_000_000 }],
    ["the common issuer", { iss: "https://login.microsoftonline.com/common/v2.0" }],
  ])("of %s are refused", async (_, changed) => {
    expect((await ask(await sign({ ...v2(), ...changed }, asJwt))).status).toBe(401);
  });
});

test("while the issuer is away, its tokens get 503 and our own go on", async () => {
  const lonely = await startTestApp({
    OIDC_ISSUER: "http://127.0.0.1:9",
    OIDC_AUDIENCE: "urn:countinghouse",
  });
  const claims = { iss: "http://127.0.0.1:9", aud: "urn:countinghouse", sub: "till" };
  expect(await lonely.call("GET", "/accounts", { token: await sign(claims) })).toMatchObject({
    status: 503,
    body: { code: "issuer_unavailable" },
  });
  expect((await lonely.call("GET", "/accounts", { token: await lonely.token("admin") })).status).toBe(200);
  await lonely.stop();
});
