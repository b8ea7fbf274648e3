import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ANNOTATION_TABLE } from "#src/model/annotations/annotation-table.ts";
import { PREFIXES } from "#src/model/annotations/prefixes.ts";
import { type Ingress, parseIngress } from "#src/model/ingress.ts";
import { object, valueOf } from "#test/model/build.ts";
import { ask, startEndpoint, startProxy } from "#test/support/ingress-proxy.ts";
import { ELSEWHERE } from "./elsewhere.ts";
import { NEEDLESS } from "./needless.ts";
import { type AnnotationCase, ONE_REQUEST } from "./one-request.ts";

type Annotations = Readonly<Record<string, string>>;

/** An Ingress of `a.com` as people write it, read as any is by an ingress with `--ssl-passthrough`. */
function read(annotations: Annotations, { name = "i", service = "s", path = "/" } = {}) {
  const keys = Object.entries(annotations).map(([key, value]) => [PREFIXES.nginx + key, value]);
  const backend = { service: { name: service, port: { number: 80 } } };
  const rules = [{ host: "a.com", http: { paths: [{ path, pathType: "ImplementationSpecific", backend }] } }];
  const metadata = { name, namespace: "default", annotations: Object.fromEntries(keys) };
  return parseIngress(
    object(JSON.stringify({ apiVersion: "networking.k8s.io/v1", kind: "Ingress", metadata, spec: { rules } })),
    { passesTls: true },
  );
}

/** An endpoint that answers with its name and the head of the request, a cookie and a location. */
function startEcho(name: string) {
  return startEndpoint((socket, text) => {
    const body = `${name}: ${text}`;
    const fields = "Set-Cookie: e=1; Domain=e.test; Path=/e\r\nLocation: http://e.test/l\r\nConnection: close";
    socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n${fields}\r\n\r\n${body}`);
  });
}

async function answerTo(annotations: Annotations, given: Partial<AnnotationCase> = {}): Promise<string> {
  const { request = "GET /x HTTP/1.1", host = "a.com", path = "/", main } = given;
  await using endpoint = await startEcho("main");
  await using other = await startEcho("canary");
  const own: Ingress = valueOf(
    read(annotations, main === undefined ? { path } : { name: "canary", service: "c", path }),
  );
  const ingresses = main === undefined ? [own] : [valueOf(read(main)), own];
  await using proxy = await startProxy({ s: [endpoint.port], c: [other.port] }, { ingresses });
  return await ask(proxy.port, `${request}\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
}

type AnyCase = Pick<AnnotationCase, "name" | "value" | "unread" | "with"> & Partial<AnnotationCase>;

const ALL: readonly AnyCase[] = [...ONE_REQUEST, ...ELSEWHERE, ...NEEDLESS];

describe("annotations of ingress-nginx", () => {
  it("B each that is served or needless has a case with a client", () => {
    const records = ANNOTATION_TABLE.filter(({ prefixes }) => prefixes.includes(PREFIXES.nginx)).flatMap(
      ({ records }) => records,
    );
    const names = records
      .filter(({ served, needless }) => needless !== undefined || served?.prefixes.includes(PREFIXES.nginx))
      .flatMap(({ names }) => names);
    expect(ALL.map(({ name }) => name).sort()).toEqual([...names].sort());
  });

  it.each(ONE_REQUEST)("B $name: $value is seen by a client or an endpoint", async (given) => {
    const { name, value, with: others = {}, seen } = given;
    expect(await answerTo({ ...others, [name]: value }, given)).toMatch(seen);
    const without = given.main !== undefined && name === "canary" ? { ...given, path: "/other" } : given;
    expect(await answerTo(others, without)).not.toMatch(seen);
  });

  it.each(ELSEWHERE)("B $name has its case in test/$file", ({ name, file, word = name }) => {
    expect(readFileSync(new URL(`../../${file}`, import.meta.url), "utf8")).toContain(word);
  });

  it.each(NEEDLESS)("B $name: $value changes nothing", async ({ name, value }) => {
    const withoutId = (answer: string) => answer.replaceAll(/\b(?:Date|X-Request-Id): .*/gi, "");
    expect(withoutId(await answerTo({ [name]: value }))).toBe(withoutId(await answerTo({})));
  });

  it.each(ALL)("B $name: $value is read without a word", ({ name, value, with: others = {} }) => {
    expect(read({ ...others, [name]: value }).problems).toEqual([]);
  });

  it.each(ALL.filter(({ unread }) => unread !== undefined))(
    "B $name: $unread is reported, and does not have the effect of a value that can be read",
    async (given) => {
      const { name, unread = "", with: others = {}, seen, isOnUnread = false } = given;
      expect(read({ ...others, [name]: unread }).problems).not.toEqual([]);
      if (seen === undefined) return;
      expect(seen.test(await answerTo({ ...others, [name]: unread }, given))).toBe(isOnUnread);
    },
  );
});
