import { AuthGate } from "#ingress/auth/auth-gate.ts";
import { documentClient } from "#ingress/auth/document-client.ts";
import { JwtStep } from "#ingress/auth/jwt-step.ts";
import { KeySets } from "#ingress/auth/key-sets.ts";
import { PasswordStep } from "#ingress/auth/password-step.ts";
import { RemoteKeys } from "#ingress/auth/remote-keys.ts";
import { satisfied } from "#ingress/auth/satisfied.ts";
import { ServiceStep } from "#ingress/auth/service-step.ts";
import { REASON_LIST, type ResponseReason } from "#ingress/engine/response-reason.ts";
import { hostResolver } from "#ingress/names/host-resolver.ts";
import { jwksClaims } from "#src/auth/jwt/jwks-claims.ts";
import { type JwtPolicy, readJwtPolicy } from "#src/model/policies/jwt-policy.ts";
import type { PathSettings } from "#src/model/policies/policy-slots.ts";
import { fieldOf } from "./field-of.ts";
import { ingressOf } from "./ingress-objects.ts";
import { ask, type Proxy, startProxy } from "./ingress-proxy.ts";

/** A policy that says so; fails where it cannot be read. */
export function jwtPolicyOf(value: unknown): JwtPolicy {
  const { field, found } = fieldOf(value);
  const policy = readJwtPolicy(field);
  if (policy === undefined) throw new Error(found().join("\n"));
  return policy;
}

export interface JwtProxy extends AsyncDisposable {
  readonly proxy: Proxy;
  readonly remote: RemoteKeys;
  /** Lets so many milliseconds pass on the clock of fetches. */
  pass(ms: number): void;
  /** Sends a request for `/`; gives its answer. */
  get(lines?: string, target?: string): Promise<string>;
  /** How many requests ended for this reason. */
  count(reason: ResponseReason): number;
}

/**
 * A proxy whose Ingress asks for tokens at `a.com/` and for nothing at `b.com/`; names lead to loopback. `more`: settings besides.
 */
export async function startJwtProxy(
  endpoints: readonly number[],
  jwt: JwtPolicy,
  { wallMs, more = {} }: { readonly wallMs: () => number; readonly more?: PathSettings },
): Promise<JwtProxy> {
  let passedMs = 0;
  const clockMs = () => performance.now() + passedMs;
  const isReachable = () => true;
  const resolve = () => Promise.resolve([{ address: "127.0.0.1", family: 4 }]);
  const fetch = documentClient({
    lookup: hostResolver({ resolve, isReachable, clockMs }),
    isReachable,
    maxBytes: 10_000,
    answerMs: 2_000,
  });
  const remote = new RemoteKeys({ fetch, clockMs });
  const passwords = new PasswordStep({ check: () => "wrong" });
  const services = new ServiceStep({ ask: () => ({ kind: "unreachable" }) });
  const access = new AuthGate([new JwtStep(new KeySets(remote), wallMs), satisfied(passwords, services)]);
  const settings: PathSettings = { ...more, jwt };
  const ingresses = [
    ingressOf("i", { "a.com": { "/": "s" } }, { settings }),
    ingressOf("j", { "b.com": { "/": "s" } }),
  ];
  remote.follow(jwksClaims(ingresses).uris);
  const proxy = await startProxy({ s: endpoints }, { ingresses, access, headerNames: "any" });
  return {
    proxy,
    remote,
    pass: (ms) => (passedMs += ms),
    get: (lines = "", target = "/") =>
      ask(proxy.port, `GET ${target} HTTP/1.1\r\nHost: a.com\r\n${lines}Connection: close\r\n\r\n`),
    count: (reason) => proxy.engine.counters.reasons[REASON_LIST.indexOf(reason)] ?? 0,
    async [Symbol.asyncDispose]() {
      remote.close();
      await proxy[Symbol.asyncDispose]();
    },
  };
}
