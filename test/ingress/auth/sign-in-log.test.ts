import { describe, expect, it } from "vitest";
import { signInLog } from "#ingress/auth/sign-in-log.ts";
import { oidcPolicy } from "#test/support/oidc-policy.ts";

describe("signInLog()", () => {
  it("says each reason of a policy every 10 s at most, and nothing of users who may not come in", () => {
    const lines: unknown[] = [];
    let nowMs = 0;
    const log = signInLog({ warn: (line: unknown) => lines.push(line) } as never, () => nowMs);
    const policy = oidcPolicy();
    for (nowMs = 0; nowMs < 20_000; nowMs += 1_000) {
      log(policy, { reason: "sign-in-failed", why: "invalid_client" });
      log(policy, { reason: "sign-in-denied", why: "access_denied" });
      log(policy, { reason: "access-busy", why: "too many" });
    }
    const line = { policy: "shop/web", issuer: policy.issuer, reason: "sign-in-failed", why: "invalid_client" };
    expect(lines).toEqual([line, line]);
    log({ ...policy, key: "shop/other" }, { reason: "provider-unreachable", why: "down" });
    expect(lines).toHaveLength(3);
  });
});
