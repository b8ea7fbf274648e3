import { describe, expect, it } from "vitest";
import { AccessLog } from "#ingress/engine/log/access-log.ts";
import { REASON_LIST } from "#ingress/engine/response-reason.ts";
import { until } from "#lab/rack/until.ts";
import { annotatedIngress } from "#test/support/annotated-ingress.ts";
import { answering, ask, startEndpoint, startProxy, statusOf } from "#test/support/ingress-proxy.ts";
import { hasNginx, startNginx } from "#test/support/real-nginx.ts";

const GET = "GET / HTTP/1.1\r\nHost: a.com\r\nConnection: close\r\n\r\n";
const CLIENTS = ["127.0.0.1", "127.0.0.2", "127.0.1.1", "127.1.0.1", "127.128.0.1"];

const cases = [
  { allow: "127.0.0.1", deny: "", statuses: [200, 403, 403, 403, 403] },
  { allow: "127.0.0.0/24, 127.128.0.0/9", deny: "", statuses: [200, 200, 403, 403, 200] },
  { allow: "10.0.0.0/8,::/0", deny: "", statuses: [403, 403, 403, 403, 403] },
  { allow: "0.0.0.0/0", deny: "", statuses: [200, 200, 200, 200, 200] },
  { allow: "", deny: "127.0.0.1,127.1.0.0/16", statuses: [403, 200, 200, 403, 200] },
  { allow: "127.0.0.0/16", deny: "127.0.0.2", statuses: [200, 403, 200, 403, 403] },
];

async function statusesOf(port: number, request = GET): Promise<readonly number[]> {
  return await Promise.all(CLIENTS.map(async (client) => statusOf(await ask(port, request, client))));
}

function annotationsOf({ allow, deny }: { readonly allow: string; readonly deny: string }): Record<string, string> {
  return { "whitelist-source-range": allow, "denylist-source-range": deny };
}

describe("lists of networks", () => {
  it.each(cases)("L3 allowed $allow, denied $deny", async ({ statuses, ...lists }) => {
    await using endpoint = await startEndpoint(answering("page"));
    await using proxy = await startProxy(
      { s: [endpoint.port] },
      { ingresses: [annotatedIngress(annotationsOf(lists))] },
    );
    expect(await statusesOf(proxy.port)).toEqual(statuses);
  });

  it("L3 believe no address that a client names", async () => {
    await using endpoint = await startEndpoint(answering("page"));
    const ingresses = [annotatedIngress({ "allowlist-source-range": "10.0.0.1" })];
    await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses });
    const names = ["X-Forwarded-For: 10.0.0.1", "X-Real-IP: 10.0.0.1", "Forwarded: for=10.0.0.1"].join("\r\n");
    expect(await statusesOf(proxy.port, GET.replace("\r\n\r\n", `\r\n${names}\r\n\r\n`))).toEqual(
      CLIENTS.map(() => 403),
    );
    expect(endpoint.received()).toBe("");
  });

  it("L3 that cannot be read close the Ingress", async () => {
    await using endpoint = await startEndpoint(answering("page"));
    for (const name of ["allowlist-source-range", "whitelist-source-range", "denylist-source-range"]) {
      const ingresses = [annotatedIngress({ [name]: "127.0.0.0/8,nonsense" })];
      await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses });
      expect(statusOf(await ask(proxy.port, GET))).toBe(503);
    }
  });

  it("L3 keep a connection, and say why in the access log and in metrics", async () => {
    await using endpoint = await startEndpoint(answering("page"));
    const ingresses = [annotatedIngress({ "denylist-source-range": "127.0.0.1" })];
    await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses });
    let text = "";
    Object.assign(proxy.engine, { accessLog: new AccessLog((lines) => (text += lines.toString("utf8"))) });
    const answers = await ask(proxy.port, GET.replace("Connection: close\r\n", "") + GET);
    expect(answers.match(/HTTP\/1\.1 403 Forbidden/g)).toHaveLength(2);
    await until("the lines", () => text.split("\n").length > 2);
    expect(JSON.parse(text.split("\n")[0]!)).toMatchObject({
      status: 403,
      reason: "address-denied",
      ingress: "default/i",
      client: "127.0.0.1",
    });
    expect(proxy.engine.counters.reasons[REASON_LIST.indexOf("address-denied")]).toBe(2);
  });

  it.skipIf(!hasNginx())("L3 let in the clients that nginx does", async () => {
    await using endpoint = await startEndpoint(answering("page"));
    for (const { statuses, allow, deny } of cases) {
      const lines = [...wordsOf(deny).map((one) => `deny ${one};`), ...wordsOf(allow).map((one) => `allow ${one};`)];
      const location = [...lines, ...(allow === "" ? [] : ["deny all;"])].join(" ");
      await using nginx = await startNginx({ endpointPort: endpoint.port, location });
      expect(await statusesOf(nginx.port)).toEqual(statuses);
    }
  });
});

function wordsOf(list: string): readonly string[] {
  return list.split(",").flatMap((word) => word.trim() || []);
}
