import { describe, expect, it } from "vitest";
import { annotatedIngress } from "#test/support/annotated-ingress.ts";
import { answering, ask, startEndpoint, startProxy, statusOf } from "#test/support/ingress-proxy.ts";

/** The lines of these fields that the endpoint gets, or the status of our own answer. */
async function fieldsOf(names: RegExp, annotations: Readonly<Record<string, string>>, request: string) {
  await using endpoint = await startEndpoint(answering("served"));
  await using proxy = await startProxy(
    { s: [endpoint.port] },
    { ingresses: [annotatedIngress(annotations, "i", { path: "/a" })] },
  );
  const answer = await ask(proxy.port, `${request}Connection: close\r\n\r\n`);
  const lines = endpoint
    .received()
    .split("\r\n")
    .filter((line) => names.test(line));
  return lines.length === 0 ? statusOf(answer) : lines;
}

const GET = "GET /a HTTP/1.1\r\nAccept: x\r\nHost: a.com\r\nX-Forwarded-Prefix: /evil\r\n";

describe("upstream-vhost", () => {
  it.each([
    { host: "b.com", lines: ["Host: b.com", "X-Forwarded-Host: a.com"] },
    { host: "b.com:8080", lines: ["Host: b.com:8080", "X-Forwarded-Host: a.com"] },
    {
      host: "$service_name.${namespace}.svc.cluster.local:$service_port",
      lines: ["Host: s.default.svc.cluster.local:80", "X-Forwarded-Host: a.com"],
    },
    { host: "$ingress_name.b.com", lines: ["Host: i.b.com", "X-Forwarded-Host: a.com"] },
    { host: "$service_name:8$service_port", lines: 503 },
    { host: "$service_name:$namespace", lines: 503 },
    { host: "$http_host", lines: 503 },
    // One of which there are more ways to read it than anyone lives.
    { host: `${"$namespace".repeat(25)}!`, lines: 503 },
    { host: `${"$aa".repeat(80)}!`, lines: 503 },
    { host: "b.com/x", lines: 503 },
    { host: "b.com\r\nX: y", lines: 503 },
  ])("D2 $host: $lines", async ({ host, lines }) => {
    expect(await fieldsOf(/^(X-Forwarded-)?Host:/, { "upstream-vhost": host }, GET)).toEqual(lines);
  });

  it("D2 also for a request with an absolute target", async () => {
    const absolute = "GET http://a.com/a HTTP/1.1\r\nHost: c.com\r\n";
    const lines = ["Host: b.com", "X-Forwarded-Host: a.com"];
    expect(await fieldsOf(/^(X-Forwarded-)?Host:/, { "upstream-vhost": "b.com" }, absolute)).toEqual(lines);
    expect(await fieldsOf(/^Host:/, {}, GET)).toEqual(["Host: a.com"]);
  });

  it("D2 fits into the head whatever else is in it", async () => {
    const annotations = {
      "upstream-vhost": `${"b".repeat(250)}.com`,
      "rewrite-target": `/${"x".repeat(3_000)}`,
      "x-forwarded-prefix": `/${"p".repeat(1_000)}`,
    };
    expect(await fieldsOf(/^Host:/, annotations, GET)).toEqual([`Host: ${"b".repeat(250)}.com`]);
  });
});

describe("x-forwarded-prefix", () => {
  it.each([
    { annotations: { "x-forwarded-prefix": "/app", "rewrite-target": "/" }, lines: ["X-Forwarded-Prefix: /app"] },
    { annotations: { "x-forwarded-prefix": "/app" }, lines: 200 },
    { annotations: { "x-forwarded-prefix": "true", "rewrite-target": "/" }, lines: 200 },
  ])("D2 is for rewritten paths: $annotations, $lines", async ({ annotations, lines }) => {
    expect(await fieldsOf(/^X-Forwarded-Prefix:/, annotations as Readonly<Record<string, string>>, GET)).toEqual(lines);
  });
});
