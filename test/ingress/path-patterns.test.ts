import { describe, expect, it } from "vitest";
import { annotatedIngress } from "#test/support/annotated-ingress.ts";
import { answering, ask, startEndpoint, startProxy, statusOf } from "#test/support/ingress-proxy.ts";

const pathType = "ImplementationSpecific";

/** The target that the endpoint is asked for, or the status of our own answer. */
async function forwarded(ingress: ReturnType<typeof annotatedIngress>, target: string): Promise<string | number> {
  await using endpoint = await startEndpoint(answering("served"));
  await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses: [ingress] });
  const answer = await ask(proxy.port, `GET ${target} HTTP/1.1\r\nHost: a.com\r\nConnection: close\r\n\r\n`);
  return /^GET (\S+) /.exec(endpoint.received())?.[1] ?? statusOf(answer);
}

describe("rewrite-target with groups", () => {
  it.each([
    { path: "/app(/|$)(.*)", target: "/app/x/y?z=1", to: "/x/y?z=1" },
    { path: "/app(/|$)(.*)", target: "/APP?z=1", to: "/?z=1" },
    { path: "/app(/|$)(.*)", target: "/application", to: 404 },
    { path: "/app(/?)(.*)", target: "/app../x", to: 400 },
    { path: "/app(/|$)(?=x)(.*)", target: "/app/x", to: 503 },
  ])("B2 $path and $target: $to", async ({ path, target, to }) => {
    expect(await forwarded(annotatedIngress({ "rewrite-target": "/$2" }, "i", { path, pathType }), target)).toBe(to);
  });
});

describe("use-regex", () => {
  it.each([
    { path: "/v[0-9]+/users", target: "/V2/users/7?x", to: "/V2/users/7?x" },
    { path: "/v[0-9]+/users", target: "/v/users", to: 404 },
  ])("B2 $path and $target: $to", async ({ path, target, to }) => {
    expect(await forwarded(annotatedIngress({ "use-regex": "true" }, "i", { path, pathType }), target)).toBe(to);
  });
});
