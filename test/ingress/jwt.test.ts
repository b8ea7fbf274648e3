import type { ServerResponse } from "node:http";
import { beforeAll, describe, expect, it } from "vitest";
import { until } from "#lab/rack/until.ts";
import { parseNetworkSet } from "#src/model/annotations/parse-network-set.ts";
import type { JwtPolicy } from "#src/model/policies/jwt-policy.ts";
import { answering, ask, openClient, startEndpoint, statusOf } from "#test/support/ingress-proxy.ts";
import { type DocumentServer, serveDocument } from "#test/support/jwks-server.ts";
import { jwtPolicyOf, startJwtProxy } from "#test/support/jwt-proxy.ts";
import { jwksOf, signedByHmac, testKey, type TestKey, unsigned } from "#test/support/test-issuer.ts";

const NOW_SECONDS = 1_800_000_000;
const wallMs = () => NOW_SECONDS * 1_000;
const CLAIMS = {
  iss: "https://id.test",
  aud: "shop",
  sub: "ann",
  groups: ["admins", "staff"],
  scope: "read write",
  exp: NOW_SECONDS + 300,
};
let first: TestKey;
let second: TestKey;
let token: string;
beforeAll(async () => {
  [first, second] = await Promise.all([testKey("first"), testKey("second", "RS256")]);
  token = await first.sign(CLAIMS);
});

const policyAt = ({ port }: Pick<DocumentServer, "port">, more: object = {}): JwtPolicy =>
  jwtPolicyOf({ issuer: CLAIMS.iss, audiences: ["shop"], jwks: { uri: `http://id.test:${port}/keys` }, ...more });
const bearer = (text: string) => `Authorization: Bearer ${text}\r\n`;
const challengeIn = (answer: string) => /^WWW-Authenticate: (.*)\r$/m.exec(answer)?.[1];
const answeringKeys =
  (...keys: readonly TestKey[]) =>
  (response: ServerResponse) =>
    void response.end(jwksOf(...keys));
const breaking = (response: ServerResponse) => void response.writeHead(500).end();

/** An endpoint behind a proxy that asks for tokens of an issuer on loopback. */
async function start(more: object = {}, settings: Parameters<typeof startJwtProxy>[2]["more"] = {}) {
  const issuer = await serveDocument(jwksOf(first));
  const endpoint = await startEndpoint(answering("page"));
  const jwt = await startJwtProxy([endpoint.port], policyAt(issuer, more), { wallMs, more: settings });
  return {
    ...jwt,
    issuer,
    endpoint,
    async [Symbol.asyncDispose]() {
      await jwt[Symbol.asyncDispose]();
      await endpoint[Symbol.asyncDispose]();
      await issuer[Symbol.asyncDispose]();
    },
  };
}

type Case = [name: string, lines: () => string | Promise<string>, status: number, challenge?: RegExp];

describe("jwt of a policy", () => {
  it.each<Case>([
    ["lets in a token", () => bearer(token), 200],
    ["asks for a token, without an error", () => "", 401, /^Bearer realm="a\.com"$/],
    ["takes no name and password for a token", () => "Authorization: Basic YTpi\r\n", 401, /^Bearer realm="a\.com"$/],
    ["refuses alg none", () => bearer(`${unsigned(CLAIMS)}AAAA`), 401, /invalid_token.*algorithm/],
    ["refuses an empty signature", () => bearer(unsigned(CLAIMS)), 401, /invalid_token.*not a signed/],
    [
      "refuses HS256 by the public key",
      () => bearer(signedByHmac(CLAIMS, { kid: "first" }, first.pem)),
      401,
      /algorithm/,
    ],
    [
      "refuses another audience",
      async () => bearer(await first.sign({ ...CLAIMS, aud: "till" })),
      401,
      /another audience/,
    ],
    ["refuses another issuer", async () => bearer(await first.sign({ ...CLAIMS, iss: "x" })), 401, /The issuer/],
    [
      "refuses an expired token",
      async () => bearer(await first.sign({ ...CLAIMS, exp: NOW_SECONDS - 60 })),
      401,
      /expired/,
    ],
    ["takes one within the skew", async () => bearer(await first.sign({ ...CLAIMS, exp: NOW_SECONDS - 59 })), 200],
    [
      "refuses one that is not valid yet",
      async () => bearer(await first.sign({ ...CLAIMS, nbf: NOW_SECONDS + 61 })),
      401,
      /not valid yet/,
    ],
    ["refuses an unknown key", async () => bearer(await second.sign(CLAIMS)), 401, /unknown key/],
    [
      "refuses a key in its own head",
      async () => bearer(await second.sign(CLAIMS, { jwk: second.jwk })),
      401,
      /unknown key/,
    ],
    ["refuses a changed signature", () => bearer(`${token.slice(0, -6)}AAAAAA`), 401, /signature of the token/],
    ["refuses malformed base64", () => bearer(token.replace(".", "=.")), 401, /not a signed/],
    ["refuses a token of 17,000 letters", () => bearer(`${token}${"A".repeat(17_000)}`), 401, /not a signed/],
    ["refuses two fields, whichever are right", () => bearer(token) + bearer(token), 400, /invalid_request/],
    [
      "refuses a second field of another scheme",
      () => `Authorization: Basic YTpi\r\n${bearer(token)}`,
      400,
      /invalid_request/,
    ],
  ])("%s", async (_name, lines, status, challenge) => {
    await using jwt = await start();
    const answer = await jwt.get(await lines());
    expect(statusOf(answer)).toBe(status);
    expect(challengeIn(answer)).toEqual(challenge === undefined ? undefined : expect.stringMatching(challenge));
    expect(jwt.endpoint.received() === "").toBe(status !== 200);
  });

  it("has a reason for each refusal", async () => {
    await using jwt = await start({ claims: [{ name: "groups", values: ["owners"] }] });
    const answers = [
      await jwt.get(),
      await jwt.get(bearer("a.b.c")),
      await jwt.get(bearer(token)),
      await jwt.get(bearer("a") + bearer("b")),
    ];
    expect(answers.map(statusOf)).toEqual([401, 401, 403, 400]);
    const reasons = ["token-missing", "token-invalid", "claims-denied", "token-ambiguous"] as const;
    expect(reasons.map((reason) => jwt.count(reason))).toEqual([1, 1, 1, 1]);
  });

  it.each<[string, object, number, RegExp?]>([
    ["a claim that is met", { claims: [{ name: "groups", values: ["owners", "staff"] }] }, 200],
    [
      "a claim that is not",
      { claims: [{ name: "sub", values: ["bob"] }] },
      403,
      /insufficient_scope[^=]*error_description[^=]*="[^"]*"$/,
    ],
    ["scopes that it has", { scopes: ["write"] }, 200],
    ["a scope that it has not", { scopes: ["write", "delete"] }, 403, /insufficient_scope.*scope="write delete"$/],
  ])("asks for %s, also of a token that is known", async (_name, more, status, challenge) => {
    await using jwt = await start(more);
    const answers = [await jwt.get(bearer(token)), await jwt.get(bearer(token))];
    expect(answers.map(statusOf)).toEqual([status, status]);
    if (challenge !== undefined)
      expect(answers.map(challengeIn)).toEqual(answers.map(() => expect.stringMatching(challenge)));
  });

  it("gives endpoints the claims, and never what a client writes into their fields", async () => {
    const forwardClaims = [
      { claim: "sub", header: "X-User" },
      { claim: "groups", header: "X-Groups" },
      { claim: "none", header: "X-None" },
    ];
    await using jwt = await start({ forwardClaims, optional: true });
    const forged = "X-User: root\r\nx_user: root\r\nX-None: root\r\nX-Groups: root\r\nX-Other: kept\r\n";
    await jwt.get(forged + bearer(token));
    await jwt.get(forged + bearer(token));
    await jwt.get(forged);
    const heads = jwt.endpoint.received().split("\r\n\r\n").slice(0, 3);
    const fieldsOf = (head: string) => head.match(/^x[-_](?:user|groups|none|other):.*$/gim);
    const claimed = ["X-Other: kept", "X-User: ann", "X-Groups: admins,staff"];
    expect(heads.map(fieldsOf)).toEqual([claimed, claimed, ["X-Other: kept"]]);
  });

  it.each([
    ["Authorization", {}, () => bearer(token), "/"],
    ["a cookie beside others", { cookies: ["session"] }, () => `Cookie: a=b; session=${token}; c=d\r\n`, "/"],
    ["a field of its own", { headers: [{ name: "X-Token" }] }, () => `X-Token: ${token}\r\n`, "/"],
  ])(
    "takes a token from %s, and does not forward it where the policy says so",
    async (_name, places, lines, target) => {
      const extractFrom = Object.keys(places).length === 0 ? {} : { extractFrom: places };
      await using jwt = await start({ ...extractFrom, forwardToken: false });
      expect(statusOf(await jwt.get(lines(), target))).toBe(200);
      const received = jwt.endpoint.received();
      expect(received).not.toContain(token);
      expect(received.match(/^cookie:.*$/gim)).toEqual(lines().startsWith("Cookie") ? ["Cookie: a=b; c=d"] : null);
    },
  );

  it.each<[name: string, more: object, lines: () => string, passed: readonly string[]]>([
    ["one that has it, and is forwarded", { forwardToken: true }, () => `X-Token: ${token}\r\n`, ["X-Token: TOKEN"]],
    ["one that has it, and is not forwarded", { forwardToken: false }, () => `X-Token: ${token}\r\n`, []],
    ["one that has it elsewhere", { forwardToken: false }, () => `X.ID-Token: ${token}\r\n`, []],
    ["one without any that needs none", { optional: true }, () => "", []],
  ])("gives endpoints no field that they could take for that of a token: of %s", async (_name, more, lines, passed) => {
    const headers = [{ name: "X-Token" }, { name: "x.id-token" }];
    await using jwt = await start({ ...more, extractFrom: { headers } });
    const forged = "x_token: root\r\nX.Token: root\r\nX-ID-Token: root\r\nx_id_token: root\r\nX_Other: kept\r\n";
    for (let request = 0; request < 2; request++) expect(statusOf(await jwt.get(forged + lines()))).toBe(200);
    const heads = jwt.endpoint.received().replaceAll(token, "TOKEN").split("\r\n\r\n").slice(0, 2);
    const received = ["X_Other: kept", ...passed];
    expect(heads.map((head) => head.match(/^x.*(?:token|other):.*$/gim))).toEqual([received, received]);
  });

  it("takes a token from the query", async () => {
    await using jwt = await start({ extractFrom: { params: ["access_token"] } });
    expect(statusOf(await jwt.get("", `/?access_token=${token}`))).toBe(200);
    expect(jwt.endpoint.received()).toContain(token);
  });

  it("forwards no trailers where claims go to endpoints, which could read them as these", async () => {
    await using jwt = await start({ forwardClaims: [{ claim: "sub", header: "X-User" }] });
    const head = `POST / HTTP/1.1\r\nHost: a.com\r\n${bearer(token)}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n`;
    const answers = [
      await ask(jwt.proxy.port, `${head}2\r\nok\r\n0\r\nX-User: root\r\n\r\n`),
      await ask(jwt.proxy.port, `${head}2\r\nok\r\n0\r\n\r\n`),
    ];
    expect(answers.map(statusOf)).toEqual([400, 200]);
    expect(jwt.endpoint.received()).not.toContain("root");
  });

  it("lets in without a token where that is optional, and never with one that is wrong", async () => {
    await using jwt = await start({ optional: true });
    expect([await jwt.get(), await jwt.get(bearer("a.b.c")), await jwt.get(bearer(token))].map(statusOf)).toEqual([
      200, 401, 200,
    ]);
  });

  it("takes tokens of several issuers, each with its own keys", async () => {
    await using other = await serveDocument(jwksOf(second));
    await using issuer = await serveDocument(jwksOf(first));
    await using endpoint = await startEndpoint(answering("page"));
    const providers = [
      { issuer: CLAIMS.iss, jwks: { uri: `http://id.test:${issuer.port}/` } },
      { issuer: "https://other.test", jwks: { uri: `http://id.test:${other.port}/` } },
    ];
    await using jwt = await startJwtProxy([endpoint.port], jwtPolicyOf({ providers }), { wallMs });
    const ofOther = { ...CLAIMS, iss: "https://other.test" };
    const tokens = [token, await second.sign(ofOther), await second.sign(CLAIMS), await first.sign(ofOther)];
    const answers = await Promise.all(tokens.map((one) => jwt.get(bearer(one))));
    expect(answers.map(statusOf)).toEqual([200, 200, 401, 401]);
  });

  it("holds besides `satisfy: any`, for addresses that this lets in", async () => {
    const allowedSources = parseNetworkSet("127.0.0.0/8")!;
    const more = { satisfy: "any", allowedSources, authType: "basic", authSecret: "default/users" } as const;
    await using jwt = await start({}, more);
    expect([await jwt.get(), await jwt.get(bearer(token))].map(statusOf)).toEqual([401, 200]);
  });

  it("is asked before it is seen that there is no endpoint", async () => {
    await using jwt = await start();
    jwt.proxy.setEndpoints({ s: [] });
    expect([await jwt.get(), await jwt.get(bearer(token))].map(statusOf)).toEqual([401, 503]);
  });
});

describe("the keys of an issuer", () => {
  it("are fetched again for a key that is new, without a restart, and not for each that is made up", async () => {
    await using jwt = await start();
    expect(statusOf(await jwt.get(bearer(token)))).toBe(200);
    const rotated = await second.sign(CLAIMS);
    jwt.issuer.answer = answeringKeys(first, second);
    expect([statusOf(await jwt.get(bearer(rotated))), jwt.issuer.asked()]).toEqual([401, 1]);
    jwt.pass(10_000);
    expect([statusOf(await jwt.get(bearer(rotated))), jwt.issuer.asked()]).toEqual([200, 2]);
    const madeUp = await Promise.all(
      Array.from({ length: 50 }, (_, index) => first.sign(CLAIMS, { kid: `made-up-${index}` })),
    );
    const answers = await Promise.all(madeUp.map((one) => jwt.get(bearer(one))));
    expect([new Set(answers.map(statusOf)), jwt.issuer.asked()]).toEqual([new Set([401]), 2]);
    expect(statusOf(await jwt.get(bearer(token)))).toBe(200);
  });

  it("that are taken back are not accepted any more, though the token was verified before", async () => {
    await using jwt = await start();
    expect(statusOf(await jwt.get(bearer(token)))).toBe(200);
    jwt.issuer.answer = answeringKeys(second);
    jwt.pass(10_000);
    await jwt.get(bearer(await second.sign(CLAIMS)));
    expect(statusOf(await jwt.get(bearer(token)))).toBe(401);
  });

  it("are waited for while they are fetched first, and other requests are answered meanwhile", async () => {
    const held: ServerResponse[] = [];
    await using issuer = await serveDocument("");
    issuer.answer = (response) => held.push(response);
    await using endpoint = await startEndpoint(answering("page"));
    await using jwt = await startJwtProxy([endpoint.port], policyAt(issuer), { wallMs });
    using client = openClient(jwt.proxy.port);
    client.send(`POST / HTTP/1.1\r\nHost: a.com\r\n${bearer(token)}Content-Length: 4\r\n\r\nbo`);
    await until("the keys are asked for", () => held.length > 0);
    expect(statusOf(await ask(jwt.proxy.port, "GET / HTTP/1.1\r\nHost: b.com\r\nConnection: close\r\n\r\n"))).toBe(200);
    client.send("dy");
    expect([client.text(), jwt.count("jwks-unavailable")]).toEqual(["", 0]);
    for (const response of held) response.end(jwksOf(first));
    await client.until((text) => text.endsWith("page"));
    expect(endpoint.received()).toMatch(/\r\n\r\nbody$/);
    expect(issuer.asked()).toBe(1);
  });

  it("stay in use while the issuer is broken, also for tokens that are new", async () => {
    await using jwt = await start();
    expect(statusOf(await jwt.get(bearer(token)))).toBe(200);
    jwt.issuer.answer = breaking;
    jwt.pass(10_000);
    const answers = [
      await jwt.get(bearer(await second.sign(CLAIMS))),
      await jwt.get(bearer(await first.sign({ ...CLAIMS, sub: "bob" }))),
    ];
    expect([...answers.map(statusOf), jwt.issuer.asked(), jwt.remote.staleCount]).toEqual([401, 200, 2, 1]);
    expect(jwt.remote.problems()).toMatchObject([{ code: "JWKS_UNAVAILABLE", severity: "warning" }]);
  });

  it.each([
    ["that is broken", breaking],
    ["that answers something else", (response: ServerResponse) => void response.end("<html>")],
    ["that answers without end", (response: ServerResponse) => void response.end("x".repeat(20_000))],
  ])("of an issuer %s let none in, and are asked for again", async (_name, answer) => {
    await using issuer = await serveDocument("");
    issuer.answer = answer;
    await using endpoint = await startEndpoint(answering("page"));
    await using jwt = await startJwtProxy([endpoint.port], policyAt(issuer), { wallMs });
    expect([statusOf(await jwt.get(bearer(token))), jwt.count("jwks-unavailable"), endpoint.received()]).toEqual([
      503,
      1,
      "",
    ]);
    expect(statusOf(await jwt.get())).toBe(401);
    issuer.answer = answeringKeys(first);
    await until("it is let in", async () => statusOf(await jwt.get(bearer(token))) === 200);
  });
});
