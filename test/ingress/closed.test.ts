import { describe, expect, it } from "vitest";
import { AccessLog } from "#ingress/engine/log/access-log.ts";
import { until } from "#lab/rack/until.ts";
import { ingressOf } from "#test/support/ingress-objects.ts";
import { answering, ask, startEndpoint, startProxy, statusOf } from "#test/support/ingress-proxy.ts";

const closed = { closed: "closed-restriction" } as const;

const ingresses = [
  ingressOf("site", { "a.com": { "/": "s" } }),
  ingressOf(
    "admin",
    { "a.com": { "/admin": "s" } },
    {
      ...closed,
      rules: [
        {
          host: "a.com",
          paths: [{ path: "/admin", pathType: "Prefix", target: closed, at: "spec.rules[0].http.paths[0]" }],
        },
      ],
      tls: [{ hosts: ["a.com"], secretName: "cert" }],
    },
  ),
];

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a.com\r\nConnection: close\r\n\r\n`;

describe("a closed path", () => {
  it("I1 answers 503, asks no endpoint, and leaves the other paths of the host as they are", async () => {
    await using endpoint = await startEndpoint(answering("page"));
    await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses });
    for (const path of ["/admin", "/admin/users", "/x/../admin", "/%61dmin"])
      expect(statusOf(await ask(proxy.port, get(path)))).toBe(503);
    expect(endpoint.received()).toBe("");
    expect(await ask(proxy.port, get("/"))).toMatch(/page$/);
  });

  it("I1 says why in the access log", async () => {
    await using proxy = await startProxy({ s: [1] }, { ingresses });
    let text = "";
    Object.assign(proxy.engine, { accessLog: new AccessLog((lines) => (text += lines.toString("utf8"))) });
    await ask(proxy.port, get("/admin"));
    await until("the line", () => text !== "");
    expect(JSON.parse(text)).toMatchObject({
      status: 503,
      reason: "closed-restriction",
      ingress: "default/admin",
      service: "",
    });
  });

  it("I1 keeps the redirect that its tls entry gives the host", async () => {
    await using endpoint = await startEndpoint(answering("page"));
    await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses });
    Object.assign(proxy.engine, { redirectsToHttps: true });
    expect(statusOf(await ask(proxy.port, get("/")))).toBe(308);
    expect(statusOf(await ask(proxy.port, get("/admin")))).toBe(503);
  });
});
