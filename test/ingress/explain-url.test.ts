// What `hawser explain URL` says of a request is what the engine decides of the same bytes.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decideRequest } from "#ingress/engine/decide-request.ts";
import { KnownHosts } from "#ingress/engine/known-hosts.ts";
import { requestFault } from "#ingress/engine/request-fault.ts";
import { RequestTexts } from "#ingress/engine/request-texts.ts";
import { RESPONSE_REASONS } from "#ingress/engine/response-reason.ts";
import { ClientLimits } from "#src/filters/client-limits.ts";
import { KeyedBuckets } from "#src/filters/keyed-buckets.ts";
import { hostOf } from "#src/routing/host.ts";
import { clientCertificatesFor, isKnownHost, passthroughFor } from "#src/routing/route.ts";
import { printIp } from "#src/ip/address.ts";
import { parseManifests } from "#src/model/manifest.ts";
import { explainUrl } from "#src/view/explain-url.ts";
import { seeRoutes, type SeenRoutes } from "#src/view/see-routes.ts";
import type { UrlAnswer } from "#src/view/url-answer.ts";
import type { UrlQuestion } from "#src/view/url-question.ts";
import { explainUrlCase, explainUrlCases, questionOf } from "#test/support/explain-url-cases.ts";
import { requestHeadOf } from "#test/support/request-head-of.ts";
import { routesInputOf } from "#test/support/routes-input-of.ts";

/** What the engine decides of the bytes of a request; undefined where a rule asks who sends it, which takes more than bytes. */
function decided({ table, input }: SeenRoutes, question: UrlQuestion): UrlAnswer | undefined {
  const { method, path, query, hostField, fields, isSecure, client } = question;
  const lines = [
    `${method} ${path}${query === "" ? "" : `?${query}`} HTTP/1.1`,
    `Host: ${hostField}`,
    ...fields.map(([name, value]) => `${name}: ${value}`),
  ];
  if (isSecure && isRejected({ table, input }, question)) return undefined;
  // Nothing is read of the connection.
  if (isSecure && passthroughFor(table, question.authority) !== undefined) return undefined;
  const { bytes, head } = requestHeadOf(lines);
  const fault = requestFault(bytes, head);
  if (fault !== undefined) return { status: RESPONSE_REASONS[fault].status, reason: fault };
  const context = {
    routes: table,
    requestTexts: new RequestTexts(bytes, head, () => 0.999),
    redirectsToHttps: input.redirectsToHttps,
    sslRedirectPort: input.sslRedirectPort,
    clockMs: () => 0,
    blocked: input.nginxConfig?.blocked,
    knownHosts: new KnownHosts(),
    clientLimits: new ClientLimits(),
    keyedBuckets: new KeyedBuckets(),
  };
  // A client whose address is not given is one that may come in.
  const remoteAddress = client === undefined ? "10.1.1.1" : printIp(client);
  const decision = decideRequest(bytes, head, context, { isSecure, remoteAddress });
  if (isSecure && hasPolicy(table, question)) return undefined;
  if (decision.kind === "refuse") return { status: RESPONSE_REASONS[decision.reason].status, reason: decision.reason };
  if (decision.kind === "answer") {
    const { reason = "", location } = decision.cause;
    return { status: decision.status, reason, ...(location !== undefined && { location }) };
  }
  if (decision.rule.filters.auth !== undefined) return undefined;
  if (decision.kind === "lacking") return { status: 503, reason: decision.reason };
  return { service: decision.backend.key };
}

/** Whether the host asks for client certificates: what comes of them is in the connection, and not in the bytes. */
function hasPolicy(table: SeenRoutes["table"], { hostField }: UrlQuestion): boolean {
  const host = hostOf(hostField);
  return host !== undefined && clientCertificatesFor(table, host) !== undefined;
}

/** Whether there is no TLS handshake, so that there are no bytes: the host has no rule, and ssl-reject-handshake is on. */
function isRejected({ table, input }: Pick<SeenRoutes, "table" | "input">, { authority }: UrlQuestion): boolean {
  return input.nginxConfig?.program.rejectsUnknownHosts === true && !isKnownHost(table, hostOf(authority) ?? "");
}

function expectSame(seen: SeenRoutes, question: UrlQuestion): void {
  const answer = decided(seen, question);
  if (answer !== undefined) expect(explainUrl(seen, question).subject.answer).toEqual(answer);
}

/** Of these it takes more than bytes to decide: what may not be read, and Secrets for TLS to endpoints. */
const APART = ["may-not-be-read.in.yaml", "endpoint-secret.in.yaml"];
const wholeCases = explainUrlCases.filter((name) => !APART.includes(name));

describe("F explainUrl() and the engine decide the same", () => {
  it.each(wholeCases)("in the case %s", (name) => {
    const { seen, questions } = explainUrlCase(name);
    for (const question of questions) expectSame(seen, question);
  });

  const parts = fc.constantFrom("a", "old", "cart", "admin", "v7", "app", "..", ".", "", "%2f", "%41", ".well-known");
  const anyUrl = fc.record({
    scheme: fc.constantFrom("http", "https"),
    host: fc.constantFrom(
      "shop.example",
      "www.shop.example",
      "a.example",
      "far.example",
      "other.test",
      "shop.example:8080",
    ),
    path: fc.array(parts, { maxLength: 4 }).map((all) => `/${all.join("/")}`),
    query: fc.constantFrom("", "?a=1"),
  });
  const anyMore = fc.record({
    method: fc.constantFrom("GET", "POST", "OPTIONS", "TRACE"),
    header: fc.subarray([
      "X-Next: always",
      "Cookie: a=b; next=always",
      "Origin: https://a.example",
      "Host: shop.example",
    ]),
    client: fc.constantFrom("10.1.2.3", "10.9.0.1", "192.0.2.9", "2001:db8::1"),
  });
  it.each(wholeCases)("of any request to what is in %s", (name) => {
    const { seen } = explainUrlCase(name);
    fc.assert(
      fc.property(anyUrl, anyMore, ({ scheme, host, path, query }, more) =>
        expectSame(seen, questionOf(`${scheme}://${host}${path}${query}`, more)),
      ),
      { numRuns: 60 },
    );
  });

  it("of a path that takes too many steps", () => {
    const paths = Array.from({ length: 400 }, (_, at) => ({
      path: `/(a*)*b${at}`,
      pathType: "ImplementationSpecific",
      backend: { service: { name: "web", port: { number: 80 } } },
    }));
    const annotations = { "nginx.ingress.kubernetes.io/use-regex": "true" };
    const spec = { rules: [{ host: "shop.example", http: { paths } }] };
    const ingress = {
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
      metadata: { name: "i", namespace: "s", annotations },
      spec,
    };
    const seen = seeRoutes(routesInputOf(parseManifests(JSON.stringify(ingress), "f.yaml").objects));
    const question = questionOf(`http://shop.example/${"a".repeat(8_000)}`);
    expect(explainUrl(seen, question).subject.answer).toEqual({ status: 414, reason: "target-too-long" });
    expectSame(seen, question);
  });
});
