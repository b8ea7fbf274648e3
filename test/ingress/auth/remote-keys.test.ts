import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { FoundDocument } from "#ingress/auth/document-client.ts";
import { RemoteKeys } from "#ingress/auth/remote-keys.ts";
import type { FollowedUri } from "#src/auth/jwt/jwks-claims.ts";
import { codes } from "#test/model/build.ts";

const keysText = (kid: string) => JSON.stringify({ keys: [{ kty: "OKP", crv: "Ed25519", x: "AAAA", kid }] });
const documentOf = (text: string, forMs?: number): FoundDocument => ({ kind: "document", text, forMs });
const FAILED: FoundDocument = { kind: "failed", why: "it was answered 500" };
const URI = "https://id.test/keys";

const followed = (...uris: readonly (readonly [uri: string, ...policies: string[]])[]) =>
  new Map(
    uris.map(([uri, ...policies]): [string, FollowedUri] => [
      uri,
      { uri, url: { scheme: "https", host: "id.test", port: 443, target: "/keys" }, policies },
    ]),
  );

/** Keys of an issuer that answers as the test says, on a clock that the test moves. */
function start(first: FoundDocument = documentOf(keysText("a"))) {
  const state = { answer: first, asked: 0, underWay: 0, changed: 0 };
  let nowMs = 0;
  const keys = new RemoteKeys({
    fetch: async () => {
      state.asked += 1;
      await Promise.resolve();
      return state.answer;
    },
    clockMs: () => nowMs,
  });
  keys.onChange(() => (state.changed += 1));
  return {
    keys,
    state,
    /** Lets time pass, step by step. */
    async pass(ms: number) {
      for (let left = ms; left > 0; left -= 1_000) {
        nowMs += Math.min(left, 1_000);
        await vi.advanceTimersByTimeAsync(Math.min(left, 1_000));
      }
    },
  };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("RemoteKeys", () => {
  it("fetches once for all policies that name a URI, before any request", async () => {
    const { keys, state } = start();
    keys.follow(followed([URI, "shop/a", "shop/b", "till/c"]));
    expect(keys.get(URI)).toBeInstanceOf(Promise);
    await keys.settled;
    keys.follow(followed([URI, "shop/a"]));
    expect([state.asked, state.changed, keys.problems()]).toEqual([1, 1, []]);
    expect(keys.get(URI)).toMatchObject({ find: expect.any(Function) });
  });

  it.each([
    ["nothing is said", undefined, 300],
    ["little is said", 1_000, 60],
    ["0 is said", 0, 60],
    ["much is said", 86_400_000, 3_600],
    ["something between is said", 120_000, 120],
  ])("fetches again where %s after %i ms in %i s", async (_name, forMs, seconds) => {
    const { keys, state, pass } = start(documentOf(keysText("a"), forMs));
    keys.follow(followed([URI, "shop/a"]));
    await pass((seconds - 1) * 1_000);
    const before = state.asked;
    await pass(2_000);
    expect([before, state.asked]).toEqual([1, 2]);
  });

  it("keeps the value of keys that are the same, and takes others", async () => {
    const { keys, state, pass } = start();
    keys.follow(followed([URI, "shop/a"]));
    await keys.settled;
    const first = keys.get(URI);
    await pass(301_000);
    expect(keys.get(URI)).toBe(first);
    state.answer = documentOf(keysText("b"));
    await pass(301_000);
    expect([keys.get(URI) === first, state.asked, state.changed]).toEqual([false, 3, 2]);
  });

  it("uses the last keys while the issuer fails, says so, and tries again with growing pauses", async () => {
    const { keys, state, pass } = start();
    keys.follow(followed([URI, "shop/a"]));
    await keys.settled;
    const good = keys.get(URI);
    state.answer = FAILED;
    await pass(300_000 + 63_000);
    expect([keys.get(URI) === good, keys.staleCount, codes(keys.problems())]).toEqual([true, 1, ["jwks_unavailable"]]);
    // After 1, 2, 4, 8, 16 and 32 seconds.
    expect([state.asked, keys.counts]).toEqual([8, { read: 1, failed: 7 }]);
    state.answer = documentOf("{}");
    await pass(61_000);
    expect([keys.get(URI) === good, keys.problems()[0]?.why]).toEqual([true, "it has no list of keys"]);
    state.answer = documentOf(keysText("b"));
    await pass(61_000);
    expect([keys.get(URI) === good, keys.staleCount, keys.problems()]).toEqual([false, 0, []]);
  });

  it("has none where none were ever fetched, and says so", async () => {
    const { keys } = start(FAILED);
    keys.follow(followed([URI, "shop/a", "shop/b"]));
    await keys.settled;
    expect([keys.get(URI), codes(keys.problems())]).toEqual([undefined, ["JWKS_UNAVAILABLE", "JWKS_UNAVAILABLE"]]);
  });

  it("looks again for an unknown key once in 10 s, however many ask", async () => {
    const { keys, state, pass } = start();
    keys.follow(followed([URI, "shop/a"]));
    await keys.settled;
    expect(keys.lookAgain(URI)).toBeUndefined();
    await pass(10_000);
    const asked = Array.from({ length: 1_000 }, () => keys.lookAgain(URI));
    await asked[0];
    expect([new Set(asked).size, state.asked]).toEqual([1, 2]);
    for (let second = 0; second < 60; second++) {
      await keys.lookAgain(URI);
      await pass(1_000);
    }
    expect(state.asked).toBe(2 + 5);
  });

  it("knows nothing of URIs that are not followed, or not any more", async () => {
    const { keys, state, pass } = start();
    keys.follow(followed([URI, "shop/a"]));
    await keys.settled;
    keys.follow(new Map());
    await pass(400_000);
    expect([keys.get(URI), keys.lookAgain(URI), state.asked]).toEqual([undefined, undefined, 1]);
  });

  it("keeps 512 URIs, and no namespace keeps out those of others", async () => {
    const { keys, state, pass } = start();
    const many = Array.from({ length: 600 }, (_, index) => [`https://id.test/${index}`, "flood/a"] as const);
    keys.follow(followed(...many, [URI, "flood/a", "shop/a"]));
    await pass(5_000);
    expect([state.asked, keys.problems().length]).toEqual([512, 89]);
    expect(keys.get(URI)).toBeDefined();
  });
});
