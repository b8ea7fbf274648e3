import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Explanation } from "#src/view/explain.ts";
import { callCli } from "./run-cli.ts";

const MANIFESTS = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: web, namespace: shop, annotations: { nginx.ingress.kubernetes.io/allowlist-source-range: 10.0.0.0/8 } }
spec: { rules: [{ host: shop.example, http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }] } }] }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { selector: { app: a }, ports: [{ port: 80 }] }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: web-1, namespace: shop, labels: { kubernetes.io/service-name: web } }
addressType: IPv4
ports: [{ name: "", protocol: TCP, port: 8080 }]
endpoints: [{ addresses: [10.0.0.1] }]
`;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "hawser-explain-url-"));
  await writeFile(join(folder, "all.yaml"), MANIFESTS);
});
afterEach(async () => rm(folder, { recursive: true }));

const explain = async (...args: readonly string[]) => callCli(["explain", "--manifests", folder, ...args]);

describe("F hawser explain URL", () => {
  it("prints the steps, and exits with 0 where none is bad", async () => {
    const { stdout, code } = await explain("http://shop.example/cart", "--client", "10.1.2.3");
    expect(stdout).toMatch(/^GET http:\/\/shop\.example\/cart: answered by shop\/web:80\nok {3}listener /);
    expect(stdout).toMatch(/^ok {3}endpoints {2}shop\/web:80 has 1 that is ready: 10\.0\.0\.1:8080\.$/m);
    expect(code).toBe(0);
  });

  it("prints one object of JSON, in the shape of other subjects", async () => {
    const { stdout, code } = await explain("http://shop.example/cart", "--client", "192.0.2.1", "-o", "json");
    const { subject, steps, next, ...rest } = JSON.parse(stdout) as Explanation;
    expect(subject).toEqual({
      kind: "URL",
      url: "http://shop.example/cart",
      method: "GET",
      answer: { status: 403, reason: "address-not-allowed" },
    });
    for (const step of steps) expect(Object.keys(step)).toEqual(["step", "verdict", "reason", "text"]);
    expect([next, rest]).toEqual([expect.stringMatching(/allowlist-source-range/), {}]);
    expect(code).toBe(1);
  });

  it("asks with the fields that -H gives, which may have commas, and with --method", async () => {
    const { stdout } = await explain(
      "-H",
      "Host: shop.example",
      "-H",
      "Accept: a, b",
      "--method",
      "POST",
      "http://b.example/",
    );
    expect(stdout).toMatch(/^POST http:\/\/b\.example\/: answered by shop\/web:80\n/);
  });

  it.each([
    { args: ["http://"], says: /is not a URL/ },
    { args: ["http://a.example/ü"], says: /%XX/ },
    { args: ["http://user:pw@a.example/"], says: /leave out user and password/ },
    { args: ["http://a.example/", "http://b.example/"], says: /give one URL/ },
    { args: ["http://a.example/", "-H", "no field"], says: /is not a header field/ },
    { args: ["http://a.example/", "-H", "A: b\u0007"], says: /is not a header field/ },
    { args: ["http://a.example/", "--method", "GE T"], says: /is not a method/ },
    { args: ["http://a.example/", "--client", "a.example"], says: /is not an address/ },
    { args: ["http://a.example/", "--all"], says: /Unknown option/ },
  ])("exits with 2 for $args", async ({ args, says }) => {
    const { code, stderr, stdout } = await explain(...args);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(says);
  });

  it("has a help of its own", async () => {
    const { stdout, code } = await callCli(["explain", "https://shop.example/", "--help"]);
    expect(stdout).toMatch(/-H, --header 'NAME: VALUE'/);
    expect(code).toBe(0);
    expect((await callCli(["explain", "--help"])).stdout).toMatch(/hawser explain https:\/\/HOST\/PATH --help/);
  });

  it("exits with 1 where the folder does not exist", async () => {
    expect((await callCli(["explain", "--manifests", "/nowhere", "http://a.example/"])).code).toBe(1);
  });
});
