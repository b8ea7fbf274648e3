import { describe, expect, it } from "vitest";
import { ScrapeAccess } from "#src/source/scrape-access.ts";
import type { Outcome } from "#src/source/kubernetes/api/outcome.ts";
import type { ApiRequest } from "#src/source/kubernetes/api/client.ts";
import { createLogger } from "#src/process/log.ts";

const user = { username: "system:serviceaccount:monitoring:prometheus", uid: "u1", groups: ["g"], extra: { k: ["v"] } };
const TOKENS = "/apis/authentication.k8s.io/v1/tokenreviews";
const ACCESS = "/apis/authorization.k8s.io/v1/subjectaccessreviews";

const ok = (status: unknown): Outcome => ({ kind: "ok", body: { status } });
const refused: Outcome = { kind: "refused", status: 403, message: "forbidden" };

/** An API server that answers so, a clock that stands, and what was asked and logged. */
function world(answers: { readonly token: unknown; readonly access?: unknown } | (() => Promise<Outcome>)) {
  const asked: ApiRequest[] = [];
  const logged: string[] = [];
  const clock = { ms: 0 };
  const request = async (one: ApiRequest): Promise<Outcome> => {
    asked.push(one);
    if (typeof answers === "function") return answers();
    return ok(one.path === TOKENS ? answers.token : answers.access);
  };
  const log = createLogger({ component: "test", level: "warn", to: { write: (line) => void logged.push(line) } });
  const access = new ScrapeAccess({ client: { request }, log, monotonicMs: () => clock.ms });
  return { access, asked, logged, clock };
}

const allowed = { token: { authenticated: true, user }, access: { allowed: true } };

describe("ScrapeAccess", () => {
  it("asks who shows the token, and whether that user may get /metrics", async () => {
    const { access, asked } = world(allowed);
    expect(await access.judge("secret")).toBe("allowed");
    expect(asked.map(({ method, path, body }) => ({ method, path, spec: (body as { spec: unknown }).spec }))).toEqual([
      { method: "POST", path: TOKENS, spec: { token: "secret" } },
      {
        method: "POST",
        path: ACCESS,
        spec: {
          user: user.username,
          uid: "u1",
          groups: ["g"],
          extra: { k: ["v"] },
          nonResourceAttributes: { path: "/metrics", verb: "get" },
        },
      },
    ]);
  });

  it.each([
    { what: "a token that is not known", answers: { token: { authenticated: false } }, verdict: "unauthenticated" },
    { what: "no user", answers: { token: { authenticated: true } }, verdict: "unauthenticated" },
    { what: "a text instead of true", answers: { token: { authenticated: "true", user } }, verdict: "unauthenticated" },
    { what: "no right", answers: { ...allowed, access: { allowed: false } }, verdict: "forbidden" },
    { what: "a right that is denied, too", answers: { ...allowed, access: { denied: true } }, verdict: "forbidden" },
    { what: "an answer without a status", answers: { token: undefined }, verdict: "unknown" },
    { what: "a program without the right to ask", answers: async () => refused, verdict: "unknown" },
    {
      what: "an API server that is away",
      answers: async () => Promise.reject(new Error("ECONNREFUSED")),
      verdict: "unknown",
    },
  ])("$what: $verdict", async ({ answers, verdict }) => {
    const { access, logged } = world(answers);
    expect([await access.judge("secret"), await access.judge("secret")]).toEqual([verdict, verdict]);
    // Said once, however many ask.
    expect(logged).toHaveLength(verdict === "unknown" ? 1 : 0);
    expect(logged.join("")).not.toContain('"secret"');
  });

  it.each(["", "x".repeat(8_193)])("asks nothing about a token of %s", async (token) => {
    const { access, asked } = world(allowed);
    expect([await access.judge(token), asked]).toEqual(["unauthenticated", []]);
  });

  it.each([
    { verdict: "allowed", answers: allowed, lastsMs: 60_000, each: 2 },
    { verdict: "forbidden", answers: { ...allowed, access: { allowed: false } }, lastsMs: 10_000, each: 2 },
    { verdict: "unauthenticated", answers: { token: {} }, lastsMs: 10_000, each: 1 },
  ])("keeps $verdict for $lastsMs ms and no longer", async ({ verdict, answers, lastsMs, each }) => {
    const { access, asked, clock } = world(answers);
    for (const ms of [0, lastsMs - 1]) {
      clock.ms = ms;
      expect([await access.judge("secret"), asked.length]).toEqual([verdict, each]);
    }
    clock.ms = lastsMs;
    expect([await access.judge("secret"), asked.length]).toEqual([verdict, 2 * each]);
  });

  it("does not keep that it could not find out", async () => {
    const answers = [refused, ok({ authenticated: true, user }), ok({ allowed: true })];
    const { access } = world(async () => answers.shift() ?? refused);
    expect([await access.judge("secret"), await access.judge("secret")]).toEqual(["unknown", "allowed"]);
  });

  it("keeps at most 256 tokens, and asks about one once at a time", async () => {
    const { access, asked } = world({ token: {} });
    for (let index = 0; index < 300; index += 1) await access.judge(`token-${index}`);
    expect(access.size).toBe(256);
    const before = asked.length;
    await Promise.all([access.judge("new"), access.judge("new"), access.judge("new")]);
    expect(asked.length).toBe(before + 1);
  });

  it("asks about four tokens at once; of others it does not know meanwhile", async () => {
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    const { access, asked } = world(async () => promise);
    const four = ["a", "b", "c", "d"].map(async (token) => access.judge(token));
    expect([await access.judge("e"), asked.length]).toEqual(["unknown", 4]);
    resolve(ok({ authenticated: false }));
    expect(await Promise.all(four)).toEqual(Array.from({ length: 4 }, () => "unauthenticated"));
    expect(await access.judge("e")).toBe("unauthenticated");
  });
});
