import { describe, expect, it } from "vitest";
import { parseSessionCookie, sessionTag } from "#src/balancing/session-cookie.ts";
import type { Affinity } from "#src/routing/balancing.ts";
import type { Backend, BackendEndpoint } from "#src/routing/route-table.ts";
import { EndpointGroups } from "#ingress/engine/endpoints/endpoint-groups.ts";
import { endpointIds } from "#ingress/engine/endpoints/endpoint-ids.ts";
import { StickySession } from "#ingress/engine/endpoints/sticky-session.ts";
import { Dice } from "#test/assignment/dice.ts";
import { chiSquare } from "#test/balancing/groups.ts";

function backendOf(pods: readonly number[], key = "shop/web:80"): Backend {
  const endpoints = pods.map((pod) => ({ key: `uid-${pod} 10.0.0.${pod} 80`, address: `10.0.0.${pod}`, port: 80 }));
  return { key, host: "web.shop", endpoints };
}

/** A replica that knows nothing but its route table. */
function replica(mode: Affinity["mode"], changesOnFailure = false, seed = 1) {
  const affinity: Affinity = {
    mode,
    changesOnFailure,
    readName: "ingresscookie",
    cookie: { name: "INGRESSCOOKIE", path: "/" },
  };
  const groups = new EndpointGroups();
  const dice = new Dice(seed);
  let turn = 0;
  /** One request of a client with this cookie; the endpoints of `out` may not be picked. */
  return (backend: Backend, cookie: string | undefined, out: readonly (readonly BackendEndpoint[])[] = [[]]) => {
    const session = new StickySession(affinity, backend, cookie);
    const group = groups.of(backend.endpoints, 0);
    const picks = out.map((endpoints) => {
      const among = group.all.filter((index) => !endpoints.includes(backend.endpoints[index]!));
      const request = { hash: 0, nowMs: 0, turn, chance: () => dice.chance() };
      return backend.endpoints[session.pick({ group, among }, request, () => among[turn++ % among.length]!)]!;
    });
    return { endpoint: picks.at(-1)!, cookie: session.newValue ?? cookie, isNew: session.newValue !== undefined };
  };
}

describe.each(["balanced", "persistent"] as const)("a %s session", (mode) => {
  it("stays with its endpoint, in every replica and after a restart", () => {
    const backend = backendOf([1, 2, 3, 4, 5]);
    for (let client = 0; client < 100; client++) {
      const { endpoint, cookie, isNew } = replica(mode, false, client)(backend, undefined);
      expect(isNew).toBe(true);
      for (const other of [replica(mode, false, 77), replica(mode)]) {
        const again = other(backendOf([1, 2, 3, 4, 5]), cookie);
        expect(again).toEqual({ endpoint, cookie, isNew: false });
      }
    }
  });

  it("is as likely for each endpoint", () => {
    const backend = backendOf([1, 2, 3, 4, 5]);
    const ask = replica(mode);
    const counts = backend.endpoints.map(() => 0);
    for (let client = 0; client < 1_000; client++)
      counts[backend.endpoints.indexOf(ask(backend, undefined).endpoint)]! += 1;
    // 4 degrees of freedom.
    expect(chiSquare(counts)).toBeLessThan(18.5);
  });

  it("says no address: the cookie has hexadecimal digits alone, and another pod at the same address has another one", () => {
    const { cookie } = replica(mode)(backendOf([1, 2]), undefined);
    expect(cookie).toMatch(/^[0-9a-f]{16}\.[0-9a-f]{8}$/);
    expect(endpointIds([{ key: "uid-1 10.0.0.1 80", address: "10.0.0.1", port: 80 }]).ids).not.toEqual(
      endpointIds([{ key: "uid-9 10.0.0.1 80", address: "10.0.0.1", port: 80 }]).ids,
    );
  });

  it.each([
    { name: "no cookie", cookie: undefined },
    { name: "an empty one", cookie: "" },
    { name: "one of nginx", cookie: "1700000000.123.45.678|0c1f9d3a" },
    { name: "an address", cookie: "10.0.0.1:80" },
    { name: "one for another backend", cookie: `0123456789abcdef.${sessionTag("shop/other:80")}` },
    { name: "capitals", cookie: `0123456789ABCDEF.${sessionTag("shop/web:80")}` },
    { name: "64 kB", cookie: "0".repeat(65_536) },
  ])("begins again with $name", ({ cookie }) => {
    const backend = backendOf([1, 2, 3]);
    const answer = replica(mode)(backend, cookie);
    expect(answer.isNew).toBe(true);
    expect(parseSessionCookie(answer.cookie)?.tag).toBe(sessionTag(backend.key));
    expect(replica(mode)(backend, answer.cookie).endpoint).toBe(answer.endpoint);
  });

  it("moves where its endpoint goes, and no other one does", () => {
    const [before, after] = [backendOf([1, 2, 3, 4, 5]), backendOf([1, 2, 4, 5])];
    const ask = replica(mode);
    for (let client = 0; client < 300; client++) {
      const { endpoint, cookie } = ask(before, undefined);
      const moved = ask(after, cookie);
      if (endpoint.address !== "10.0.0.3") expect(moved.endpoint.address).toBe(endpoint.address);
      else expect(after.endpoints).toContain(moved.endpoint);
      expect(ask(after, moved.cookie).endpoint).toBe(moved.endpoint);
    }
  });

  it("leaves an endpoint that is out, and comes back to it", () => {
    const backend = backendOf([1, 2, 3]);
    const ask = replica(mode);
    const { endpoint, cookie } = ask(backend, undefined);
    const meanwhile = ask(backend, cookie, [[endpoint]]);
    expect(meanwhile.endpoint).not.toBe(endpoint);
    expect(meanwhile.isNew).toBe(false);
    expect(ask(backend, meanwhile.cookie).endpoint).toBe(endpoint);
  });

  it("stays with the endpoint that answered in place of the one that failed, if it is to change", () => {
    const backend = backendOf([1, 2, 3]);
    const ask = replica(mode, true);
    const { endpoint, cookie } = ask(backend, undefined);
    const retried = ask(backend, cookie, [[], [endpoint]]);
    expect(retried.endpoint).not.toBe(endpoint);
    expect(retried.isNew).toBe(true);
    expect(ask(backend, retried.cookie).endpoint).toBe(retried.endpoint);
  });

  it("begins with the endpoint that answered, where the first one that was asked failed", () => {
    const backend = backendOf([1, 2, 3]);
    for (let seed = 0; seed < 30; seed++) {
      const ask = replica(mode, false, seed);
      const { endpoint, cookie } = ask(backend, undefined, [[], [backend.endpoints[0]!]]);
      expect(endpoint).not.toBe(backend.endpoints[0]);
      expect(ask(backend, cookie).endpoint).toBe(endpoint);
    }
  });
});

describe("a new endpoint", () => {
  const [before, after] = [backendOf([1, 2, 3, 4]), backendOf([1, 2, 3, 4, 5])];

  it("takes over its share of balanced sessions", () => {
    const ask = replica("balanced");
    let moved = 0;
    for (let client = 0; client < 1_000; client++) {
      const { endpoint, cookie } = ask(before, undefined);
      const now = ask(after, cookie).endpoint;
      if (now.address === endpoint.address) continue;
      expect(now.address).toBe("10.0.0.5");
      moved += 1;
    }
    expect(Math.abs(moved - 200)).toBeLessThan(45);
  });

  it("takes over none of the persistent ones", () => {
    const ask = replica("persistent");
    for (let client = 0; client < 100; client++) {
      const { endpoint, cookie } = ask(before, undefined);
      expect(ask(after, cookie).endpoint.address).toBe(endpoint.address);
    }
  });
});
