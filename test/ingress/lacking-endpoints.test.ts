import { describe, expect, it } from "vitest";
import type { AccessControl } from "#ingress/engine/access-control.ts";
import { REASON_LIST } from "#ingress/engine/response-reason.ts";
import { annotatedIngress } from "#test/support/annotated-ingress.ts";
import { answering, ask, startEndpoint, startProxy, statusOf } from "#test/support/ingress-proxy.ts";

const GET = "GET / HTTP/1.1\r\nHost: a.com\r\nConnection: close\r\n\r\n";
const TO_SIGN_IN = { "auth-url": "http://auth.default.svc.cluster.local/" };

/** Refuses each request with this status, or lets it in (200), after a turn or at once. */
function deciding(status: 200 | 401 | 403, isLater: boolean): AccessControl {
  return {
    decide: () => {
      const found =
        status === 200
          ? ({ kind: "pass", grant: undefined } as const)
          : ({ kind: "answer", status, cause: { reason: "unauthorized" } } as const);
      return isLater ? Promise.resolve(found) : found;
    },
  };
}

describe("a rule whose Service has no endpoint", () => {
  it.each([
    { annotations: {}, status: 503 },
    { annotations: { "denylist-source-range": "127.0.0.1" }, status: 403 },
    { annotations: { "allowlist-source-range": "10.0.0.0/8" }, status: 403 },
    { annotations: { "allowlist-source-range": "127.0.0.1" }, status: 503 },
    { annotations: { "force-ssl-redirect": "true" }, status: 308 },
    { annotations: { "proxy-body-size": "1m" }, status: 503 },
  ])("asks its filters first: $annotations: $status", async ({ annotations, status }) => {
    const ingresses = [annotatedIngress(annotations)];
    for (const services of [{ s: [] }, {}]) {
      await using proxy = await startProxy(services, { ingresses });
      expect(statusOf(await ask(proxy.port, GET))).toBe(status);
    }
  });

  it.each([
    { verdict: 401, isLater: false, status: 401 },
    { verdict: 403, isLater: true, status: 403 },
    { verdict: 200, isLater: false, status: 503 },
    { verdict: 200, isLater: true, status: 503 },
  ] as const)("asks first who may come in: $verdict, later: $isLater", async ({ verdict, isLater, status }) => {
    const access = deciding(verdict, isLater);
    await using proxy = await startProxy({ s: [] }, { ingresses: [annotatedIngress(TO_SIGN_IN)], access });
    const answers = await ask(proxy.port, GET.replace("Connection: close\r\n", "") + GET);
    expect(answers.match(/HTTP\/1\.1 \d+/g)).toEqual([`HTTP/1.1 ${status}`, `HTTP/1.1 ${status}`]);
  });

  it("counts its requests for the limits of their clients, and as open no longer than they are", async () => {
    const rates = [annotatedIngress({ "limit-rpm": "1", "limit-burst-multiplier": "1" })];
    await using limited = await startProxy({ s: [] }, { ingresses: rates });
    for (let count = 0; count < 4; count++) expect(statusOf(await ask(limited.port, GET))).toBe(503);
    const { reasons } = limited.engine.counters;
    expect([reasons[REASON_LIST.indexOf("no-endpoint")], reasons[REASON_LIST.indexOf("rate-limited")]]).toEqual([2, 2]);
    await using endpoint = await startEndpoint(answering("page"));
    await using proxy = await startProxy({ s: [] }, { ingresses: [annotatedIngress({ "limit-connections": "1" })] });
    expect([statusOf(await ask(proxy.port, GET)), statusOf(await ask(proxy.port, GET))]).toEqual([503, 503]);
    proxy.setEndpoints({ s: [endpoint.port] });
    expect(statusOf(await ask(proxy.port, GET))).toBe(200);
  });
});
