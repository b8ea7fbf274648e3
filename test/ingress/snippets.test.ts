import { describe, expect, it } from "vitest";
import type { Ingress } from "#src/model/ingress.ts";
import { annotatedIngress } from "#test/support/annotated-ingress.ts";
import { answering, ask, startEndpoint, startProxy, statusOf } from "#test/support/ingress-proxy.ts";
import { hasNginx, startNginx } from "#test/support/real-nginx.ts";

function requestOf(path: string, more = ""): string {
  return `GET ${path} HTTP/1.1\r\nHost: a.com\r\n${more}Connection: close\r\n\r\n`;
}

/** The answer, and what the endpoint got. */
async function asked(ingresses: readonly Ingress[], request: string, answer?: string) {
  let got = "";
  await using endpoint = await startEndpoint((socket, text) => {
    got += text;
    if (answer === undefined) answering("page")(socket, text);
    else socket.end(answer);
  });
  await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses });
  return { answer: await ask(proxy.port, request), got };
}

const paths = (snippet: string, more = {}): readonly Ingress[] => [
  annotatedIngress({ "configuration-snippet": snippet, ...more }),
];
const hosts = (snippet: string): readonly Ingress[] => [annotatedIngress({ "server-snippet": snippet })];

describe("snippets", () => {
  it("B-snippet sets fields of requests in place of the client's, and takes them away", async () => {
    const snippet = 'proxy_set_header X-Own yes; proxy_set_header Authorization ""; more_set_input_headers "X-Two: 2";';
    const { got } = await asked(
      paths(snippet),
      requestOf("/", "x-own: no\r\nX-Own: no\r\nAuthorization: Basic x\r\nX-Other: 1\r\n"),
    );
    expect(got.match(/^x-own:.*$/gim)).toEqual(["X-Own: yes"]);
    expect(got).not.toMatch(/^authorization:/im);
    expect(got).toMatch(/^X-Two: 2\r$/m);
    expect(got).toMatch(/^X-Other: 1\r$/m);
  });

  it("B-snippet sets, adds and takes away fields of answers; with errors only where told", async () => {
    const snippet =
      'more_set_headers "X-Set: a"; add_header X-Add b; add_header X-Always c always; proxy_hide_header X-Powered-By;';
    const lines = "X-Set: endpoint\r\nX-Add: endpoint\r\nx-powered-by: secret\r\nContent-Length: 2\r\n\r\nok";
    const { answer } = await asked(paths(snippet), requestOf("/"), `HTTP/1.1 200 OK\r\n${lines}`);
    expect(answer.match(/^x-.*$/gim)).toEqual(["X-Add: endpoint", "X-Set: a", "X-Always: c", "X-Add: b"]);
    const { answer: error } = await asked(paths(snippet), requestOf("/"), `HTTP/1.1 500 Oh\r\n${lines}`);
    expect(error.match(/^x-.*$/gim)).toEqual(["X-Add: endpoint", "X-Set: a", "X-Always: c"]);
    const { answer: own } = await asked(paths(`${snippet} deny all;`), requestOf("/"));
    expect([statusOf(own), own.match(/^x-.*$/gim)]).toEqual([403, ["X-Set: a", "X-Always: c"]]);
  });

  it.each([
    { snippet: "deny all;", status: 403 },
    { snippet: "allow 127.0.0.0/8; deny all;", status: 200 },
    { snippet: "deny 127.0.0.1; allow 127.0.0.0/8; deny all;", status: 403 },
    { snippet: "deny 127.0.0.1;", status: 403 },
    { snippet: "allow all; deny all;", status: 200 },
    { snippet: "return 403;", status: 403 },
    { snippet: "return 410;", status: 410 },
    { snippet: "rewrite ^ /x;", status: 503 },
  ])("B-snippet $snippet is answered $status", async ({ snippet, status }) => {
    const { answer, got } = await asked(paths(snippet), requestOf("/"));
    expect([statusOf(answer), got !== ""]).toEqual([status, status === 200]);
  });

  it("B-snippet redirects", async () => {
    const { answer } = await asked(paths("return 301 https://b.com$request_uri;"), requestOf("/x?y=1"));
    expect([statusOf(answer), /^Location: (.*)\r$/m.exec(answer)?.[1]]).toEqual([301, "https://b.com/x?y=1"]);
  });

  it("B-snippet lists of networks count besides those of annotations", async () => {
    const annotations = { "allowlist-source-range": "127.0.0.1" };
    const { answer } = await asked(paths("deny 127.0.0.1;", annotations), requestOf("/"));
    expect(statusOf(answer)).toBe(403);
  });

  it("B-snippet satisfy: any lets no client past a snippet", async () => {
    const annotations = {
      satisfy: "any",
      "allowlist-source-range": "127.0.0.1",
      "auth-type": "basic",
      "auth-secret": "s",
    };
    const { answer } = await asked(paths("deny all;", annotations), requestOf("/"));
    expect(statusOf(answer)).toBe(403);
  });

  const SNIPPET = `
    location = /exact { return 404; }
    location /deny/ { deny all; return 403; }
    location ~* /metrics$ { return 403; }
    location ~ ^/(?:data|config)/ { deny all; }
    location = /.well-known/carddav { return 301 $scheme://$host/remote.php/dav; }
    location /deny/open { return 404; }
  `;
  const REQUESTS = [
    "/",
    "/exact",
    "/exact/",
    "/deny",
    "/deny/",
    "/deny/x",
    "/deny/open/x",
    "/a/metrics",
    "/A/METRICS",
    "/metrics/x",
    "/data/x",
    "/x/data/",
    "/.well-known/carddav",
    "/deny/../x",
    "//deny//x",
    "/d%65ny/x",
    "/deny/a/metrics",
  ];

  it.each(REQUESTS)("B-snippet locations of hosts go before the paths of Ingresses: %s", async (path) => {
    const { answer, got } = await asked(hosts(SNIPPET), requestOf(path));
    expect([statusOf(answer) === 200, got !== ""]).toEqual([got !== "", statusOf(answer) === 200]);
  });

  it.runIf(hasNginx())("B-snippet locations are those of nginx", async () => {
    await using endpoint = await startEndpoint(answering("page"));
    await using nginx = await startNginx({
      endpointPort: endpoint.port,
      location: `proxy_pass http://127.0.0.1:${endpoint.port}; } ${SNIPPET} location = /never {`,
    });
    await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses: hosts(SNIPPET) });
    for (const path of REQUESTS) {
      const [ours, theirs] = await Promise.all(
        [proxy.port, nginx.port].map(async (port) => await ask(port, requestOf(path))),
      );
      const of = (text = ""): string => `${path} ${statusOf(text)} ${/^Location: (.*)\r$/m.exec(text)?.[1] ?? ""}`;
      expect(of(ours)).toBe(of(theirs));
    }
  });

  it("B-snippet a denied location stays so for those who read the path otherwise, and for other Ingresses of the host", async () => {
    const other = annotatedIngress({}, "other", { path: "/deny", pathType: "ImplementationSpecific" });
    for (const path of ["/deny%2Fx", "/x/..;/deny/y", "/deny/;a"]) {
      const { got } = await asked([...hosts(SNIPPET), other], requestOf(path));
      expect(got).toBe("");
    }
  });

  it("B-snippet a path of an Ingress that is longer than a location goes before it", async () => {
    const longer = annotatedIngress({}, "longer", { path: "/deny/longer" });
    const { answer } = await asked([...hosts(SNIPPET), longer], requestOf("/deny/longer"));
    expect(statusOf(answer)).toBe(200);
  });

  const NEXTCLOUD = `
    rewrite ^/.well-known/webfinger /index.php/.well-known/webfinger last;
    rewrite ^/old/ /new/ permanent;
    location = /.well-known/carddav { return 301 $scheme://$host/remote.php/dav; }
    location /private { allow 127.0.0.2; deny all; }
    location /gone { add_header X-Gone yes always; return 410; }
    location /plugin { proxy_pass http://127.0.0.1:9; }
  `;
  const CLOSED = [
    "/.well-known/webfinger?resource=acct:a",
    "/.WELL-known/webfinger",
    "/plugin",
    "/plugin/x",
    "/a/..//plugin",
  ];

  it.each(CLOSED)("B-snippet a line that cannot be done closes the paths that it is for: %s", async (path) => {
    const { answer, got } = await asked(hosts(NEXTCLOUD), requestOf(path));
    expect([statusOf(answer), got]).toEqual([503, ""]);
  });

  const ANSWERED = [
    "/",
    "/remote.php",
    "/.well-known/carddav",
    "/.well-known/carddav/",
    "/old/x?a=b",
    "/x/old/",
    "/private",
    "/private/x",
    "/gone/x",
  ];

  it("B-snippet all other paths of such a host are served, as by nginx", async () => {
    await using endpoint = await startEndpoint(answering("page"));
    await using proxy = await startProxy({ s: [endpoint.port] }, { ingresses: hosts(NEXTCLOUD) });
    const more = `server_name a.com; ${NEXTCLOUD}`;
    await using nginx = hasNginx() ? await startNginx({ endpointPort: endpoint.port, more }) : proxy;
    for (const address of ["127.0.0.1", "127.0.0.2"])
      for (const path of ANSWERED) {
        const [ours, theirs] = await Promise.all(
          [proxy.port, nginx.port].map(async (port) => await ask(port, requestOf(path), address)),
        );
        // On a port of its own nginx writes that.
        const of = (text = ""): string =>
          `${path} ${statusOf(text)} ${
            text
              .replace(/:\d+\//, "/")
              .match(/^(?:Location|X-Gone): .*$/gm)
              ?.join() ?? ""
          }`;
        expect(of(ours)).toBe(of(theirs));
        expect(statusOf(ours!)).not.toBe(503);
      }
  });

  it("B-snippet a host whose snippet cannot be done is closed as a whole", async () => {
    const other = annotatedIngress({}, "other", { path: "/other" });
    const { answer } = await asked([...hosts("if ($host) { return 403; }"), other], requestOf("/other"));
    expect(statusOf(answer)).toBe(503);
  });
});
