import { afterEach, describe, expect, it, vi } from "vitest";
import { ExternalNames } from "#ingress/names/external-names.ts";
import { isReachableAddress } from "#ingress/names/reachable-address.ts";
import { type ResolvedName, resolverByTtl } from "#ingress/names/resolve-by-ttl.ts";
import { monotonicMs } from "#src/process/clock.ts";
import { printPlace } from "#src/model/problem-place.ts";
import { type DnsRecords, startDnsServer, type TestDnsServer } from "#test/support/dns-server.ts";
import { eventually } from "#test/support/eventually.ts";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function start(records: Readonly<Record<string, DnsRecords>>) {
  const dns = await startDnsServer();
  for (const [name, one] of Object.entries(records)) dns.records.set(name, one);
  const names = namesOf(dns);
  closers.push(() => names.close());
  return { dns, names };
}

function namesOf(dns: TestDnsServer): ExternalNames {
  closers.push(() => dns[Symbol.asyncDispose]());
  const resolve = resolverByTtl([dns.address]);
  return new ExternalNames({
    resolve,
    isReachable: isReachableAddress,
    clockMs: monotonicMs,
    onChange: () => undefined,
  });
}

function problemsOf(names: ExternalNames): readonly string[] {
  return names.problems().map(({ code, at, why }) => `${code} ${printPlace(at)}: ${why}`);
}

describe("I-B18 ExternalNames", () => {
  it("asks DNS again when the TTL is over, and not before", async () => {
    const { dns, names } = await start({ "a.test": { ipv4: ["192.0.2.2", "192.0.2.1"], ttlSeconds: 1 } });
    dns.records.set("b.test", { ipv4: ["192.0.2.9"], ttlSeconds: 600 });
    names.follow(
      new Map([
        ["d/a", "a.test"],
        ["d/a2", "a.test"],
        ["d/b", "b.test"],
      ]),
    );
    await names.settled;
    expect(["d/a", "d/a2", "d/b"].map((key) => names.addressesOf(key))).toEqual([
      ["192.0.2.1", "192.0.2.2"],
      ["192.0.2.1", "192.0.2.2"],
      ["192.0.2.9"],
    ]);
    expect(new Set(names.takeChanged())).toEqual(new Set(["d/a", "d/a2", "d/b"]));
    dns.records.set("a.test", { ipv4: ["192.0.2.3"], ttlSeconds: 1 });
    await vi.waitFor(() => expect(names.addressesOf("d/a")).toEqual(["192.0.2.3"]), eventually);
    expect(new Set(names.takeChanged())).toEqual(new Set(["d/a", "d/a2"]));
    expect(dns.asked.get("b.test")).toBe(1);
  });

  it("has no addresses of a name that does not exist, and says so", async () => {
    const { names } = await start({});
    names.follow(new Map([["d/gone", "gone.test"]]));
    await names.settled;
    expect(names.addressesOf("d/gone")).toEqual([]);
    expect(problemsOf(names)).toEqual([
      'EXTERNAL_NAME_UNUSABLE Service "d/gone" spec.externalName: DNS has no address of gone.test',
    ]);
  });

  it("keeps the last addresses where DNS cannot tell, and drops them where it says that the name is gone", async () => {
    const { dns, names } = await start({ "a.test": { ipv4: ["192.0.2.1"], ttlSeconds: 1 } });
    names.follow(new Map([["d/a", "a.test"]]));
    await names.settled;
    dns.records.set("a.test", { fails: true });
    const before = dns.asked.get("a.test") ?? 0;
    await vi.waitFor(() => expect(dns.asked.get("a.test")).toBeGreaterThan(before), eventually);
    await names.settled;
    expect([names.addressesOf("d/a"), problemsOf(names)]).toEqual([["192.0.2.1"], []]);
    dns.records.delete("a.test");
    await vi.waitFor(() => expect(names.addressesOf("d/a")).toEqual([]), eventually);
    expect(problemsOf(names)).toHaveLength(1);
  });

  it.each(["127.0.0.1", "169.254.169.254", "100.100.100.200", "0.0.0.0"])(
    "sends nothing to %s, whatever name leads there",
    async (address) => {
      const { names } = await start({
        "evil.test": { ipv4: [address] },
        "both.test": { ipv4: [address, "192.0.2.1"] },
      });
      names.follow(
        new Map([
          ["d/evil", "evil.test"],
          ["d/both", "both.test"],
        ]),
      );
      await names.settled;
      expect([names.addressesOf("d/evil"), names.addressesOf("d/both")]).toEqual([[], ["192.0.2.1"]]);
      expect(problemsOf(names)).toEqual([
        expect.stringContaining(`${address} is an address that a machine uses for itself`),
      ]);
    },
  );

  it.each(["localhost", "x.localhost", "127.0.0.1", "::1"])(
    "asks no server for %s, and sends nothing to it",
    async (name) => {
      const { dns, names } = await start({ [name]: { ipv4: ["192.0.2.1"] } });
      names.follow(new Map([["d/local", name]]));
      await names.settled;
      expect([names.addressesOf("d/local"), dns.asked.size, problemsOf(names).length]).toEqual([[], 0, 1]);
    },
  );

  it("takes an address for a name, and forgets what is followed no longer", async () => {
    const { names } = await start({});
    names.follow(new Map([["d/ip", "192.0.2.7"]]));
    await names.settled;
    expect(names.addressesOf("d/ip")).toEqual(["192.0.2.7"]);
    names.follow(new Map());
    expect([names.addressesOf("d/ip"), problemsOf(names)]).toEqual([[], []]);
  });

  it("looks up 1024 names at most, and says which Services have none", async () => {
    const resolve = vi.fn(() => Promise.resolve({ addresses: ["192.0.2.1"], ttlMs: 60_000 }));
    const clockMs = () => 0;
    const names = new ExternalNames({ resolve, isReachable: () => true, clockMs, onChange: () => undefined });
    names.follow(new Map(Array.from({ length: 1_030 }, (_, index) => [`d/s${index}`, `n${index}.test`])));
    await vi.waitFor(() => expect(resolve).toHaveBeenCalledTimes(1_024), eventually);
    names.close();
    expect(problemsOf(names)).toHaveLength(6);
  });

  it("follows the names of a namespace also where another one has more than are looked up", () => {
    const resolve = () => new Promise<never>(() => undefined);
    const names = new ExternalNames({ resolve, isReachable: () => true, clockMs: () => 0, onChange: () => undefined });
    const many = Array.from({ length: 1_030 }, (_, index) => [`a/s${index}`, `n${index}.test`] as const);
    // The other one has the name, too, which makes it none of its own.
    names.follow(new Map([...many, ["a/last", "b.test"], ["b/own", "b.test"]]));
    names.close();
    const without = problemsOf(names).filter((text) => text.includes("more than 1024 names"));
    expect([without.length, without.filter((text) => /last|own/.test(text))]).toEqual([7, []]);
  });

  it("asks for the name of a namespace also while those of another one wait for DNS", () => {
    const resolve = vi.fn((_name: string) => new Promise<never>(() => undefined));
    const names = new ExternalNames({ resolve, isReachable: () => true, clockMs: () => 0, onChange: () => undefined });
    const many = Array.from({ length: 100 }, (_, index) => [`a/s${index}`, `n${index}.test`] as const);
    names.follow(new Map(many));
    names.follow(new Map([...many, ["b/own", "own.test"]]));
    names.close();
    expect(resolve).toHaveBeenLastCalledWith("own.test");
  });

  it("asks for what waited also when the questions before it are of names that are followed no longer", async () => {
    const ends: (() => void)[] = [];
    const resolve = vi.fn(
      (_name: string) =>
        new Promise<ResolvedName>((done) => ends.push(() => done({ addresses: ["192.0.2.1"], ttlMs: 60_000 }))),
    );
    const names = new ExternalNames({ resolve, isReachable: () => true, clockMs: () => 0, onChange: () => undefined });
    const listOf = (prefix: string) =>
      Array.from({ length: 100 }, (_, at) => [`a/${prefix}${at}`, `${prefix}${at}.test`]);
    names.follow(new Map(listOf("old") as [string, string][]));
    const underWay = resolve.mock.calls.length;
    names.follow(new Map(listOf("new") as [string, string][]));
    expect(resolve).toHaveBeenCalledTimes(underWay);
    for (const end of ends.splice(0)) end();
    await vi.waitFor(() => expect(resolve).toHaveBeenLastCalledWith(expect.stringMatching(/^new/)), eventually);
    names.close();
  });
});
