import { describe, expect, it } from "vitest";
import { AuthGate } from "#ingress/auth/auth-gate.ts";
import type { AuthOutcome } from "#ingress/auth/auth-service.ts";
import { PasswordStep } from "#ingress/auth/password-step.ts";
import { satisfied } from "#ingress/auth/satisfied.ts";
import { ServiceStep } from "#ingress/auth/service-step.ts";
import type { AccessRequest } from "#ingress/engine/access-control.ts";
import type { ExternalAuth } from "#src/auth/external-auth.ts";
import type { AuthPolicy } from "#src/filters/auth-policy.ts";

const EXTERNAL = { signIn: undefined, responseHeaders: [] } as unknown as ExternalAuth;
const policyOf = (namespace: string): AuthPolicy => ({
  namespace,
  basic: undefined,
  external: EXTERNAL,
  satisfy: "all",
  sources: undefined,
});
const requestOf = (remoteAddress: string) => ({ remoteAddress, shown: () => ({}) }) as unknown as AccessRequest;

/** How many of so many requests wait; the others are refused at once. */
function waiting(gate: AuthGate, count: number, of: (index: number) => readonly [namespace: string, client: string]) {
  const decided = Array.from({ length: count }, (_, index) => {
    const [namespace, client] = of(index);
    return gate.decide(policyOf(namespace), requestOf(client));
  });
  return decided.filter((one) => one instanceof Promise);
}

describe("AuthGate", () => {
  it("has half of its places wait for one namespace, and half for one client, so that others have some", async () => {
    const ends: ((outcome: AuthOutcome) => void)[] = [];
    const ask = () => new Promise<AuthOutcome>((resolve) => ends.push(resolve));
    const gate = new AuthGate([satisfied(new PasswordStep({ check: () => "wrong" }), new ServiceStep({ ask }))]);
    const slow = waiting(gate, 2_000, (index) => ["slow", `10.0.0.${index}`]);
    expect(slow).toHaveLength(512);
    expect(waiting(gate, 1, () => ["shop", "10.0.0.1"])).toHaveLength(1);
    const flood = waiting(gate, 2_000, (index) => [`n${index}`, "10.1.0.1"]);
    expect(flood).toHaveLength(256);
    expect(waiting(gate, 1, () => ["shop", "10.0.0.1"])).toHaveLength(1);
    for (const end of ends) end({ kind: "unreachable" });
    await Promise.all([...slow, ...flood]);
    expect(waiting(gate, 2_000, () => ["slow", "10.1.0.1"])).toHaveLength(512);
  });
});
