import { describe, expect, it } from "vitest";
import { authServiceLog } from "#ingress/auth/auth-service-log.ts";

describe("authServiceLog()", () => {
  it("says each way of a path every 10 s at most, whatever hosts clients choose", () => {
    const lines: unknown[] = [];
    let nowMs = 0;
    const log = authServiceLog({ warn: (line: unknown) => lines.push(line) } as never, () => nowMs);
    const failure = { place: "shop/web Prefix /", kind: "unreachable", why: "self-signed certificate" } as const;
    const serviceAt = (ms: number): string => `https://${ms}.example.com:443`;
    for (nowMs = 0; nowMs < 20_000; nowMs += 1_000) log({ ...failure, service: serviceAt(nowMs) });
    const { place, why } = failure;
    expect(lines).toEqual([0, 10_000].map((ms) => ({ place, service: serviceAt(ms), why })));
    log({ ...failure, service: "https://a", kind: "timeout" });
    expect(lines).toHaveLength(3);
  });
});
