import { describe, expect, it } from "vitest";
import type { Balancing } from "#src/routing/balancing.ts";
import type { Backend, BackendEndpoint } from "#src/routing/route-table.ts";
import { Balancer } from "#ingress/engine/endpoints/balancer.ts";
import { EndpointChoice } from "#ingress/engine/endpoints/endpoint-choice.ts";
import { Dice } from "#test/assignment/dice.ts";
import { hashedRequest } from "#test/support/hashed-request.ts";

const HASH_BY = { parts: [{ kind: "argument", name: "id" }], subsetSize: 1 } as const;

/** Each way to choose, with several ids so that hashing has something to hash. */
const WAYS: readonly (Balancing & { readonly name: string })[] = [
  { name: "turns", policy: "round-robin" },
  { name: "least connections", policy: "least-connections" },
  { name: "response times", policy: "ewma" },
  { name: "hash", policy: "round-robin", hashBy: HASH_BY },
  { name: "hash to a subset", policy: "ewma", hashBy: { ...HASH_BY, subsetSize: 2 } },
];

function backendOf(count: number): Backend {
  const endpoints = Array.from({ length: count }, (_, index) => ({
    key: `pod-${index} 192.0.2.${index + 1} 80`,
    address: `192.0.2.${index + 1}`,
    port: 80,
  }));
  return { key: "shop/web:80", host: "web.shop", endpoints };
}

/** A balancer whose clock stands until it is told, and picks for requests with different ids. */
function balance(count: number, balancing: Balancing) {
  const backend = backendOf(count);
  const dice = new Dice(7);
  const world = { nowMs: 1_000, clockMs: () => world.nowMs, wallMs: () => 0, chance: () => dice.chance() };
  const trials: BackendEndpoint[] = [];
  const balancer = new Balancer(world.clockMs, (endpoint) => trials.push(endpoint));
  const choiceFor = (id: number) => new EndpointChoice(balancing, { ...hashedRequest(`/?id=${id}`), backend }, world);
  const indexOf = (endpoint: BackendEndpoint) => backend.endpoints.indexOf(endpoint);
  return {
    world,
    backend,
    balancer,
    trials,
    choiceFor,
    loads: () => balancer.groups.of(backend.endpoints, world.nowMs).loads,
    /** How often each endpoint gets one of so many requests, each of which is answered before the next comes. */
    counts(times: number): readonly number[] {
      const counts = backend.endpoints.map(() => 0);
      for (let id = 0; id < times; id++) {
        const choice = choiceFor(id);
        counts[indexOf(balancer.next(backend, [], choice))]! += 1;
        choice.onResponse();
        choice.end();
      }
      return counts;
    },
  };
}

describe.each(WAYS)("by $name", (balancing) => {
  it("every endpoint gets requests", () => {
    const counts = balance(4, balancing).counts(1_000);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(1_000);
    expect(Math.min(...counts)).toBeGreaterThan(190);
  });

  it("an endpoint that is ejected gets none, and is tried when it is time", () => {
    const { world, balancer, backend, counts, trials } = balance(4, balancing);
    const [, broken] = backend.endpoints;
    balancer.health.onFailure(broken!, backend.endpoints, true);
    const [first, second, third, fourth] = counts(1_000);
    expect(second).toBe(0);
    expect(Math.min(first!, third!, fourth!)).toBeGreaterThan(230);
    expect(trials).toEqual([]);
    world.nowMs += 6_000;
    expect(counts(20)[1]).toBe(0);
    expect(trials).toEqual([broken]);
    balancer.health.onSuccess(broken!);
    expect(counts(1_000)[1]).toBeGreaterThan(150);
  });

  it("a request is sent to another endpoint each time it is tried again, and to any when all were tried", () => {
    const { balancer, backend, choiceFor } = balance(4, balancing);
    for (let id = 0; id < 50; id++) {
      const choice = choiceFor(id);
      const tried: BackendEndpoint[] = [];
      for (let count = 0; count < 4; count++) {
        tried.push(balancer.next(backend, tried, choice));
        choice.onFailure();
      }
      expect(new Set(tried).size).toBe(4);
      expect(backend.endpoints).toContain(balancer.next(backend, tried, choice));
    }
  });

  it("what is under way is counted, and nothing stays behind", () => {
    const { balancer, backend, choiceFor, loads } = balance(3, balancing);
    const choices = Array.from({ length: 60 }, (_, id) => choiceFor(id));
    for (const choice of choices) balancer.next(backend, [], choice);
    expect(loads().reduce((sum, { underWay }) => sum + underWay, 0)).toBe(60);
    for (const [index, choice] of choices.entries()) {
      if (index % 2 === 0) choice.onFailure();
      choice.end();
    }
    expect(loads().map(({ underWay }) => underWay)).toEqual([0, 0, 0]);
  });

  it("an endpoint keeps its load when another one comes, and loses it when it goes", () => {
    const { balancer, backend, choiceFor, loads, world } = balance(2, balancing);
    const choice = choiceFor(1);
    balancer.next(backend, [], choice);
    const more = [...backend.endpoints, ...backendOf(3).endpoints.slice(2)];
    expect(balancer.groups.of(more, world.nowMs).loads.slice(0, 2)).toEqual(loads());
    for (const endpoint of backend.endpoints) balancer.groups.forget(endpoint);
    const again = balancer.groups.of([...backend.endpoints], world.nowMs);
    expect(again.loads.map(({ underWay }) => underWay)).toEqual([0, 0]);
    choice.end();
  });
});

describe("by response times", () => {
  it("an endpoint that takes 50 ms where others take 5 ms gets under 2 % of 1,000 requests", () => {
    const { world, backend, balancer, choiceFor } = balance(3, { policy: "ewma" });
    const counts = [0, 0, 0];
    for (let id = 0; id < 1_000; id++) {
      const choice = choiceFor(id);
      const index = backend.endpoints.indexOf(balancer.next(backend, [], choice));
      counts[index]! += 1;
      world.nowMs += index === 1 ? 50 : 5;
      choice.onResponse();
      choice.end();
    }
    expect(counts[1]).toBeLessThan(20);
    expect(Math.min(counts[0]!, counts[2]!)).toBeGreaterThan(400);
  });

  it("an endpoint that fails at once does not count as fast", () => {
    const { backend, balancer, choiceFor, loads } = balance(2, { policy: "ewma" });
    const choice = choiceFor(1);
    const index = backend.endpoints.indexOf(balancer.next(backend, [], choice));
    choice.onFailure();
    expect(loads()[index]!.averageMs).toBe(1_000);
  });
});

describe("by hash", () => {
  it("the same text leads to the same endpoint, in another replica too", () => {
    const one = balance(5, { policy: "round-robin", hashBy: HASH_BY });
    const other = balance(5, { policy: "round-robin", hashBy: HASH_BY });
    for (let id = 0; id < 100; id++) {
      const picked = one.balancer.next(one.backend, [], one.choiceFor(id));
      expect(one.balancer.next(one.backend, [], one.choiceFor(id))).toBe(picked);
      expect(other.balancer.next(other.backend, [], other.choiceFor(id))).toEqual(picked);
    }
  });

  it("requests without the text are balanced by the policy", () => {
    const parts = [{ kind: "header", name: "x-user" }] as const;
    const { counts } = balance(4, { policy: "round-robin", hashBy: { parts, subsetSize: 1 } });
    expect(counts(100)).toEqual([25, 25, 25, 25]);
  });
});
