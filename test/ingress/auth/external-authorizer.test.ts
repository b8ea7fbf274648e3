import { setImmediate as afterEvents } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { ExternalAuthorizer } from "#ingress/auth/external-authorizer.ts";
import type { AuthOutcome } from "#ingress/auth/auth-service.ts";
import type { QuestionedRequest } from "#src/auth/auth-question.ts";
import type { AuthAnswer } from "#src/auth/auth-verdict.ts";
import type { ExternalAuth } from "#src/auth/external-auth.ts";

const AUTH: ExternalAuth = {
  place: "default/shop Prefix /",
  url: { scheme: "http", host: "auth.test", port: 80, target: [{ kind: "text", text: "/check" }] },
  method: "GET",
  signIn: undefined,
  responseHeaders: [],
  setHeaders: undefined,
  requestRedirect: undefined,
  alwaysSetsCookie: false,
  cacheKey: [{ kind: "cookie", name: "session" }],
  cacheDurations: [{ statuses: [200], ms: 300_000 }],
};

/** A request of somebody whose session is `of`. */
function requestOf(session: string, host = "a.com"): QuestionedRequest {
  const cookie = `session=${session}`;
  return {
    host,
    hostField: host,
    authority: host,
    isSecure: false,
    method: "GET",
    target: "/",
    path: "/",
    remoteAddress: "10.0.0.1",
    hops: 0,
    fields: [["Cookie", cookie]],
    field: (name) => (name === "cookie" ? cookie : ""),
  };
}

/** A service whose answers come when the test says so. */
function heldService() {
  const answers: ((answer: AuthAnswer) => void)[] = [];
  return {
    answers,
    ask: () =>
      new Promise<AuthOutcome>((resolve) => {
        answers.push((answer) => resolve({ kind: "answer", answer }));
      }),
  };
}

const OK: AuthAnswer = { status: 200, fields: [] };
const statusOf = async (outcome: ReturnType<ExternalAuthorizer["ask"]>) => {
  const found = await outcome;
  return found.kind === "answer" ? found.answer.status : found.kind;
};

describe("ExternalAuthorizer", () => {
  it.each([
    { name: "another path", place: "default/shop Prefix /admin", host: "a.com", asks: 2 },
    { name: "another Ingress", place: "other/shop Prefix /", host: "a.com", asks: 2 },
    { name: "another host", place: AUTH.place, host: "b.com", asks: 2 },
    { name: "the same path and host", place: AUTH.place, host: "a.com", asks: 1 },
  ])("takes a kept answer for $name: questions asked: $asks", async ({ place, host, asks }) => {
    const service = heldService();
    const authorizer = new ExternalAuthorizer(service, () => 0);
    const first = authorizer.ask(AUTH, requestOf("x"));
    service.answers[0]!(OK);
    expect(await statusOf(first)).toBe(200);
    const second = authorizer.ask({ ...AUTH, place }, requestOf("x", host));
    expect(service.answers).toHaveLength(asks);
    service.answers[1]?.({ status: 403, fields: [] });
    expect(await statusOf(second)).toBe(asks === 1 ? 200 : 403);
  });

  it("asks once for requests with one key that come together, where the answer is kept", async () => {
    const service = heldService();
    const authorizer = new ExternalAuthorizer(service, () => 0);
    const outcomes = [1, 2, 3].map(() => authorizer.ask(AUTH, requestOf("x")));
    service.answers[0]!(OK);
    expect(await Promise.all(outcomes.map(statusOf))).toEqual([200, 200, 200]);
    expect(service.answers).toHaveLength(1);
  });

  it.each([
    { name: "sets a cookie", answer: { status: 200, fields: [["Set-Cookie", "csrf=1"]] } },
    { name: "is for one client", answer: { status: 200, fields: [["Cache-Control", "private"]] } },
    { name: "has a status that is not kept", answer: { status: 401, fields: [] } },
  ] satisfies { name: string; answer: AuthAnswer }[])(
    "gives no other request an answer that $name, though both came together",
    async ({ answer }) => {
      const service = heldService();
      const authorizer = new ExternalAuthorizer(service, () => 0);
      const [first, second] = [authorizer.ask(AUTH, requestOf("")), authorizer.ask(AUTH, requestOf(""))];
      service.answers[0]!(answer);
      expect(await first).toEqual({ kind: "answer", answer });
      await afterEvents();
      expect(service.answers).toHaveLength(2);
      service.answers[1]!({ status: 200, fields: [["Set-Cookie", "csrf=2"]] });
      expect(await second).toEqual({ kind: "answer", answer: { status: 200, fields: [["Set-Cookie", "csrf=2"]] } });
    },
  );

  it("has 256 wait for one service, also those that wait for the answer to another", async () => {
    const service = heldService();
    const authorizer = new ExternalAuthorizer(service, () => 0);
    const outcomes = Array.from({ length: 256 }, () => authorizer.ask(AUTH, requestOf("x")));
    expect(await authorizer.ask(AUTH, requestOf("x"))).toEqual({ kind: "busy" });
    expect(await authorizer.ask({ ...AUTH, cacheKey: undefined }, requestOf("x"))).toEqual({ kind: "busy" });
    service.answers[0]!(OK);
    expect(new Set(await Promise.all(outcomes.map(statusOf)))).toEqual(new Set([200]));
    expect(authorizer.ask({ ...AUTH, cacheKey: undefined }, requestOf("x"))).toBeInstanceOf(Promise);
  });

  it("keeps who was let in, however many others were refused, and forgets that with the next answer", async () => {
    let asked = 0;
    let nowMs = 0;
    const letIn = new Set(["x"]);
    const ask = ({ fields }: { readonly fields: readonly (readonly [string, string])[] }) => {
      asked += 1;
      const session = fields.find(([name]) => name === "Cookie")?.[1].slice("session=".length) ?? "";
      return Promise.resolve<AuthOutcome>({
        kind: "answer",
        answer: { status: letIn.has(session) ? 200 : 401, fields: [] },
      });
    };
    const authorizer = new ExternalAuthorizer({ ask }, () => nowMs);
    const auth: ExternalAuth = { ...AUTH, cacheDurations: [{ statuses: "any", ms: 300_000 }] };
    const statusFor = (session: string) => statusOf(authorizer.ask(auth, requestOf(session)));
    expect(await statusFor("x")).toBe(200);
    for (let index = 0; index < 10_000; index++) await statusFor(`made up ${index}`);
    expect([await statusFor("x"), asked]).toEqual([200, 10_001]);
    nowMs = 300_000;
    letIn.delete("x");
    expect([await statusFor("x"), await statusFor("x"), asked]).toEqual([401, 401, 10_002]);
  });

  it("keeps no keys, which clients make as long as they like", async () => {
    const authorizer = new ExternalAuthorizer({ ask: () => Promise.resolve({ kind: "answer", answer: OK }) }, () => 0);
    const before = process.memoryUsage().heapUsed;
    for (let index = 0; index < 8_192; index++) await authorizer.ask(AUTH, requestOf(`${index}${"x".repeat(30_000)}`));
    // The keys alone would be 246 MB.
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(150_000_000);
  });
});
