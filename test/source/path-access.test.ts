import { describe, expect, it } from "vitest";
import { PathAccess } from "#src/source/path-access.ts";
import type { Outcome } from "#src/source/kubernetes/api/outcome.ts";
import type { ApiRequest } from "#src/source/kubernetes/api/client.ts";
import { createLogger } from "#src/process/log.ts";

const user = { username: "system:serviceaccount:monitoring:prometheus", uid: "u1", groups: ["g"], extra: { k: ["v"] } };
const TOKENS = "/apis/authentication.k8s.io/v1/tokenreviews";
const ACCESS = "/apis/authorization.k8s.io/v1/subjectaccessreviews";

const METRICS = { path: "/metrics", what: "the metrics" };

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
  const access = new PathAccess({ client: { request }, ...METRICS, log, monotonicMs: () => clock.ms });
  return { access, asked, logged, clock };
}

const allowed = { token: { authenticated: true, user }, access: { allowed: true } };

describe("PathAccess", () => {
  it("asks who shows the token, and whether that user may get /metrics", async () => {
    const { access, asked } = world(allowed);
    expect(await access.judge("secret", "10.0.0.9")).toBe("allowed");
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
    expect([await access.judge("secret", "10.0.0.9"), await access.judge("secret", "10.0.0.9")]).toEqual([
      verdict,
      verdict,
    ]);
    // Said once, however many ask.
    expect(logged).toHaveLength(verdict === "unknown" ? 1 : 0);
    expect(logged.join("")).not.toContain('"secret"');
  });

  it.each(["", "x".repeat(8_193)])("asks nothing about a token of %s", async (token) => {
    const { access, asked } = world(allowed);
    expect([await access.judge(token, "10.0.0.9"), asked]).toEqual(["unauthenticated", []]);
  });

  it.each([
    { verdict: "allowed", answers: allowed, lastsMs: 60_000, each: 2 },
    { verdict: "forbidden", answers: { ...allowed, access: { allowed: false } }, lastsMs: 10_000, each: 2 },
    { verdict: "unauthenticated", answers: { token: {} }, lastsMs: 10_000, each: 1 },
  ])("keeps $verdict for $lastsMs ms and no longer", async ({ verdict, answers, lastsMs, each }) => {
    const { access, asked, clock } = world(answers);
    for (const ms of [0, lastsMs - 1]) {
      clock.ms = ms;
      expect([await access.judge("secret", "10.0.0.9"), asked.length]).toEqual([verdict, each]);
    }
    clock.ms = lastsMs;
    expect([await access.judge("secret", "10.0.0.9"), asked.length]).toEqual([verdict, 2 * each]);
  });

  it("does not keep that it could not find out", async () => {
    const answers = [refused, ok({ authenticated: true, user }), ok({ allowed: true })];
    const { access } = world(async () => answers.shift() ?? refused);
    expect([await access.judge("secret", "10.0.0.9"), await access.judge("secret", "10.0.0.9")]).toEqual([
      "unknown",
      "allowed",
    ]);
  });

  it("keeps at most 256 tokens that may not read, and asks about one once at a time", async () => {
    const { access, asked, clock } = world({ token: {} });
    for (let index = 0; index < 300; index += 1) {
      clock.ms = index * 200;
      await access.judge(`token-${index}`, "10.0.0.9");
    }
    expect([access.size, asked.length]).toEqual([256, 300]);
    const judge = async () => access.judge("new", "10.0.0.9");
    clock.ms += 200;
    await Promise.all([judge(), judge(), judge()]);
    expect(asked.length).toBe(301);
  });

  it("asks about 20 tokens of strangers that come together, then about 5 a second", async () => {
    const { access, asked, clock } = world({ token: {} });
    const flood = async (name: string): Promise<readonly string[]> => {
      const verdicts: string[] = [];
      for (let index = 0; index < 100; index += 1) verdicts.push(await access.judge(`${name}-${index}`, "10.0.0.9"));
      return verdicts;
    };
    expect((await flood("a")).filter((verdict) => verdict === "unknown")).toHaveLength(80);
    clock.ms += 1_000;
    await flood("b");
    expect(asked).toHaveLength(25);
  });

  /** An API server that knows these tokens; those of strangers it answers only when the test says so. */
  function guarded(tokens: readonly string[]) {
    const gate = Promise.withResolvers<void>();
    const clock = { ms: 0 };
    const asked: string[] = [];
    const request = async ({ path, body }: ApiRequest): Promise<Outcome> => {
      if (path === ACCESS) return ok({ allowed: true });
      const { token } = (body as { spec: { token: string } }).spec;
      asked.push(token);
      if (tokens.includes(token)) return ok({ authenticated: true, user });
      await gate.promise;
      return ok({ authenticated: false });
    };
    const log = createLogger({ component: "test", level: "fatal", to: { write: () => undefined } });
    return {
      access: new PathAccess({ client: { request }, ...METRICS, log, monotonicMs: () => clock.ms }),
      clock,
      asked,
      gate,
    };
  }

  it("does not forget a token that may read for 300 that may not", async () => {
    const { access, clock, asked, gate } = guarded(["prometheus"]);
    gate.resolve();
    await access.judge("prometheus", "10.0.0.1");
    for (let index = 0; index < 300; index += 1) {
      clock.ms = index * 199;
      await access.judge(`wrong-${index}`, "10.0.0.9");
    }
    expect(await access.judge("prometheus", "10.0.0.1")).toBe("allowed");
    expect(asked.filter((token) => token === "prometheus")).toHaveLength(1);
  });

  it.each([
    {
      what: "the token that could read before, from wherever",
      token: "prometheus",
      from: "10.0.0.2",
      verdict: "allowed",
    },
    { what: "its new token, from the same address", token: "renewed", from: "10.0.0.1", verdict: "allowed" },
    { what: "a token of which nothing is known", token: "renewed", from: "10.0.0.2", verdict: "unknown" },
  ])("while strangers' questions are under way: $what is $verdict", async ({ token, from, verdict }) => {
    const { access, clock, gate } = guarded(["prometheus", "renewed"]);
    await access.judge("prometheus", "10.0.0.1");
    clock.ms = 60_000;
    const strangers = Array.from({ length: 8 }, async (_, index) => access.judge(`wrong-${index}`, "10.0.0.9"));
    expect(await access.judge(token, from)).toBe(verdict);
    gate.resolve();
    await Promise.all(strangers);
  });

  it("asks about four tokens at once; of others it does not know meanwhile", async () => {
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    const { access, asked } = world(async () => promise);
    const four = ["a", "b", "c", "d"].map(async (token) => access.judge(token, "10.0.0.9"));
    expect([await access.judge("e", "10.0.0.9"), asked.length]).toEqual(["unknown", 4]);
    resolve(ok({ authenticated: false }));
    expect(await Promise.all(four)).toEqual(Array.from({ length: 4 }, () => "unauthenticated"));
    expect(await access.judge("e", "10.0.0.9")).toBe("unauthenticated");
  });
});
