import { createHmac } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bitsOf, ipFromBytes, parseIp } from "#src/ip/address.ts";
import { cidrOf, parseCidr } from "#src/ip/cidr.ts";
import {
  ASKED_PER_HEARTBEAT,
  CLAIMS_PER_HEARTBEAT,
  decodeHeartbeat,
  encodeHeartbeat,
  encodeRelay,
  type Heartbeat,
  HEARTBEAT_BYTES,
  readsVersion2,
  readsVersion3,
  SUBNETS_PER_HEARTBEAT,
  type WatchWords,
} from "#src/wire/heartbeat.ts";
import { SEAL_BYTES } from "#src/wire/seal.ts";
import { hex } from "./hex.ts";

const key = Uint8Array.from({ length: 32 }, (_, index) => index);
const otherKey = new Uint8Array(32).fill(7);
const ipOf = (text: string) => parseIp(text) ?? expect.fail(`${text} is an address`);
const cidr = (text: string) => parseCidr(text) ?? expect.fail(`${text} is a network`);

const heartbeat: Heartbeat = {
  node: "n1",
  session: 0x1122334455667788n,
  echo: 0n,
  sequence: 42,
  ready: true,
  leaving: false,
  stallMs: 120,
  subnets: [cidr("192.0.2.0/24"), cidr("2001:db8::/64")],
  claimsVersion: 7,
  chunk: 0,
  chunks: 1,
  claims: [
    { ip: ipOf("192.0.2.200"), term: 3, majority: true },
    { ip: ipOf("2001:db8::c0:ffee"), term: 1, majority: false },
  ],
};

/** The fields of the body, so that single ones can be replaced. */
const fields = {
  flags: "01",
  stall: "0c",
  session: "1122334455667788",
  echo: "0000000000000000",
  sequence: "00000000002a",
  claimsVersion: "00000007",
  chunk: "0000",
  chunks: "0001",
  node: "02 6e31",
  subnets: "02  04 18 c0000200  06 40 20010db8000000000000000000000000",
  claims: "02  84 00000003 c00002c8  06 00000001 20010db8000000000000000000c0ffee",
};
const head = "48575352 01";
const bytes = hex(`${head} ${Object.values(fields).join(" ")} e05f87353789056ef7f6eea2f085dcef`);

/** What version 2 adds, and the bytes of the same heartbeat with it. */
const watch = { everyMs: 1_000, knownVersion: 9, isDeaf: true, silent: [6n, 0x0102030405060708n] };
const watchFields = "03e8 00000009 02 0000000000000006 0102030405060708";

/** What the decoder makes of it. */
function read(said: Heartbeat) {
  return { ok: true, heartbeat: said, body: expect.anything() as unknown };
}

/** A body signed as the encoder would: what a peer with the key, but another program, could send. */
function signed(changes: Partial<typeof fields>, behind = ""): Uint8Array {
  return sign(hex(`${Object.values({ ...fields, ...changes }).join(" ")} ${behind}`));
}

function sign(body: Uint8Array, version = 1): Uint8Array {
  const bytes = Uint8Array.of(...hex(head).subarray(0, 4), version, ...body);
  return Uint8Array.of(...bytes, ...createHmac("sha256", key).update(bytes).digest().subarray(0, 16));
}

const anyIp = fc
  .oneof(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.uint8Array({ minLength: 16, maxLength: 16 }))
  .map(ipFromBytes);
const anyCidr = fc
  .tuple(anyIp, fc.nat(128))
  .map(([ip, length]) => cidrOf(ip, length % (bitsOf(ip.family) + 1)) ?? expect.fail("a network"));
const anyTerm = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 0xffff_ffff }));
const anyHeartbeat: fc.Arbitrary<Heartbeat> = fc
  .record({
    node: fc.string({ unit: "grapheme", minLength: 1, maxLength: 60 }),
    session: fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }),
    echo: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    sequence: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
    ready: fc.boolean(),
    leaving: fc.boolean(),
    stallMs: fc.nat(255).map((steps) => steps * 10),
    subnets: fc.array(anyCidr, { maxLength: SUBNETS_PER_HEARTBEAT }),
    claimsVersion: fc.nat(0xffff_ffff),
    chunk: fc.nat(0xfffe),
    chunks: fc.integer({ min: 1, max: 0xffff }),
    claims: fc.array(fc.record({ ip: anyIp, term: anyTerm, majority: fc.boolean() }), {
      maxLength: CLAIMS_PER_HEARTBEAT,
      size: "max",
    }),
    watch: fc.option(
      fc.record({
        everyMs: fc.integer({ min: 1, max: 0xffff }),
        knownVersion: fc.nat(0xffff_ffff),
        isDeaf: fc.boolean(),
        silent: fc.array(fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }), { maxLength: 1 }),
        // There is room for them where there are few claims.
        asked: fc.array(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { minLength: 1, maxLength: ASKED_PER_HEARTBEAT }),
      }),
      { nil: undefined },
    ),
  })
  .map(({ watch: words, ...heartbeat }) => {
    const { asked, ...version2 } = words ?? {};
    const isVersion3 = heartbeat.claims.length < CLAIMS_PER_HEARTBEAT / 2 && asked !== undefined;
    const rest = words === undefined ? {} : { watch: (isVersion3 ? words : version2) as WatchWords };
    return { ...heartbeat, ...rest, chunk: heartbeat.chunk % heartbeat.chunks };
  })
  .filter(({ node }) => new TextEncoder().encode(node).length <= 253);

describe("encodeHeartbeat()", () => {
  it("writes the bytes", () => expect(encodeHeartbeat(heartbeat, key)).toEqual(bytes));

  it("A3 writes the bytes of version 2", () => {
    const body = hex(`${Object.values({ ...fields, flags: "05" }).join(" ")} ${watchFields}`);
    expect(encodeHeartbeat({ ...heartbeat, watch }, key)).toEqual(sign(body, 2));
    expect(decodeHeartbeat(sign(body, 2), [key])).toEqual(read({ ...heartbeat, watch }));
  });

  it("C writes the bytes of version 3, where other members are asked for", () => {
    const body = hex(
      `${Object.values({ ...fields, flags: "05" }).join(" ")} ${watchFields} 02 00000000000000aa ffffffffffffffff`,
    );
    const said = { ...heartbeat, watch: { ...watch, asked: [0xaan, 2n ** 64n - 1n] } };
    expect(encodeHeartbeat(said, key)).toEqual(sign(body, 3));
    expect(decodeHeartbeat(sign(body, 3), [key])).toEqual(read(said));
    expect(encodeHeartbeat({ ...heartbeat, watch: { ...watch, asked: [] } }, key)).toEqual(
      encodeHeartbeat({ ...heartbeat, watch }, key),
    );
  });

  it("keeps the longest heartbeat within 1,200 bytes", () => {
    const claim = { ip: ipOf("2001:db8::1"), term: 0xffff_ffff, majority: true };
    const longest = {
      ...heartbeat,
      node: "n".repeat(253),
      subnets: Array.from({ length: SUBNETS_PER_HEARTBEAT }, () => cidr("2001:db8::/64")),
      claims: Array.from({ length: CLAIMS_PER_HEARTBEAT }, () => claim),
    };
    const encoded = encodeHeartbeat(longest, key);
    expect(encoded.length).toBe(1_185);
    expect(encoded.length).toBeLessThanOrEqual(HEARTBEAT_BYTES);
    expect(decodeHeartbeat(encoded, [key])).toEqual(read(longest));
    // Of version 2: there is room for one silent member.
    const full = encodeHeartbeat({ ...longest, watch }, key);
    expect(full.length).toBe(HEARTBEAT_BYTES);
    expect(decodeHeartbeat(full, [key])).toMatchObject({ ok: true, heartbeat: { watch: { ...watch, silent: [6n] } } });
    // Of version 3: none for a member that is asked for.
    const asking = encodeHeartbeat({ ...longest, watch: { ...watch, asked: [1n] } }, key);
    expect(asking.length).toBeLessThanOrEqual(HEARTBEAT_BYTES);
    expect(decodeHeartbeat(asking, [key])).toMatchObject({ ok: true, heartbeat: { watch: { silent: [] } } });
  });

  it.each<{ name: string; changes: Partial<Heartbeat> }>([
    { name: "node", changes: { node: "" } },
    { name: "node", changes: { node: "ü".repeat(127) } },
    { name: "stallMs", changes: { stallMs: -1 } },
    { name: "stallMs", changes: { stallMs: 2_551 } },
    { name: "session", changes: { session: 0n } },
    { name: "session", changes: { session: 2n ** 64n } },
    { name: "echo", changes: { echo: -1n } },
    { name: "sequence", changes: { sequence: 2 ** 48 } },
    { name: "sequence", changes: { sequence: 1.5 } },
    { name: "claimsVersion", changes: { claimsVersion: 2 ** 32 } },
    { name: "chunk", changes: { chunk: 1 } },
    { name: "chunks", changes: { chunks: 0 } },
    { name: "chunks", changes: { chunks: 65_536 } },
    { name: "subnets", changes: { subnets: Array.from({ length: 17 }, () => cidr("10.0.0.0/8")) } },
    { name: "claims", changes: { claims: Array.from({ length: 29 }, () => heartbeat.claims[0]!) } },
    { name: "term", changes: { claims: [{ ip: ipOf("192.0.2.1"), term: 0, majority: true }] } },
    { name: "everyMs", changes: { watch: { ...watch, everyMs: 0 } } },
    { name: "everyMs", changes: { watch: { ...watch, everyMs: 65_536 } } },
    { name: "knownVersion", changes: { watch: { ...watch, knownVersion: 2 ** 32 } } },
  ])("throws for a $name out of range", ({ name, changes }) => {
    expect(() => encodeHeartbeat({ ...heartbeat, ...changes }, key)).toThrow(`${name} is out of range`);
  });
});

describe("decodeHeartbeat()", () => {
  it("reads the bytes", () => expect(decodeHeartbeat(bytes, [key])).toEqual(read(heartbeat)));

  it("accepts every key it is given, so that a key can be rotated", () => {
    const [old, young] = [key, otherKey].map((some) => encodeHeartbeat(heartbeat, some)) as [Uint8Array, Uint8Array];
    expect([old, young].map((some) => decodeHeartbeat(some, [otherKey, key]).ok)).toEqual([true, true]);
    expect([old, young].map((some) => decodeHeartbeat(some, [otherKey]).ok)).toEqual([false, true]);
  });

  it.each([
    { name: "nothing", bytes: hex(""), reason: "short" },
    { name: "a seal without its last byte", bytes: hex(`${head} ${"00".repeat(15)}`), reason: "short" },
    { name: "another magic", bytes: Uint8Array.of(0x47, ...bytes.subarray(1)), reason: "magic" },
    {
      name: "a later version",
      bytes: Uint8Array.of(...bytes.subarray(0, 4), 5, ...bytes.subarray(5)),
      reason: "version",
    },
    {
      name: "version 1 called version 2",
      bytes: Uint8Array.of(...bytes.subarray(0, 4), 2, ...bytes.subarray(5)),
      reason: "tag",
    },
    { name: "a seal around nothing, unsigned", bytes: hex(`${head} ${"00".repeat(16)}`), reason: "tag" },
    { name: "a cut datagram", bytes: bytes.subarray(0, -1), reason: "tag" },
    { name: "a byte behind", bytes: Uint8Array.of(...bytes, 0), reason: "tag" },
  ])("refuses $name: $reason", ({ bytes, reason }) => {
    expect(decodeHeartbeat(bytes, [otherKey, key])).toEqual({ ok: false, reason });
  });

  it("refuses everything without a key", () => {
    expect(decodeHeartbeat(bytes, [])).toEqual({ ok: false, reason: "tag" });
  });

  it("refuses any single flipped bit, and never gets as far as reading the body", () => {
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = Uint8Array.from(bytes, (byte, index) => (index === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
      // Of the version, one bit makes version 3.
      const reason = bit < 32 ? "magic" : bit < 40 && bit !== 33 ? "version" : "tag";
      expect(decodeHeartbeat(flipped, [key])).toEqual({ ok: false, reason });
    }
  });

  it("reads what is signed and unchanged", () => {
    expect(decodeHeartbeat(signed({}), [key])).toEqual(read(heartbeat));
  });

  it.each<{ name: string; changes: Partial<typeof fields>; behind?: string }>([
    { name: "an unknown flag", changes: { flags: "05" } },
    { name: "session zero", changes: { session: "0000000000000000" } },
    { name: "no chunks", changes: { chunks: "0000" } },
    { name: "a chunk beyond the last", changes: { chunk: "0001" } },
    { name: "no name", changes: { node: "00" } },
    { name: "a name of 254 bytes", changes: { node: `fe ${"6e".repeat(254)}` } },
    { name: "a name that is not UTF-8", changes: { node: "02 c328" } },
    { name: "a name beyond the end", changes: { node: "fd 6e31", subnets: "", claims: "" } },
    { name: "17 subnets", changes: { subnets: `11 ${"04 08 0a000000".repeat(17)}` } },
    { name: "a subnet of no family", changes: { subnets: "01 05 18 c0000200" } },
    { name: "a subnet with host bits", changes: { subnets: "01 04 18 c0000201" } },
    { name: "a prefix length over 32", changes: { subnets: "01 04 21 c0000200" } },
    { name: "29 claims", changes: { claims: `1d ${"04 00000001 0a000001".repeat(29)}` } },
    { name: "a claim of no family", changes: { claims: "01 44 00000001 c00002c8" } },
    { name: "term zero", changes: { claims: "01 04 00000000 c00002c8" } },
    { name: "half a claim", changes: { claims: "01 04 00000001 c000" } },
    { name: "a byte behind the claims", changes: {}, behind: "00" },
    { name: "nothing in it", changes: Object.fromEntries(Object.keys(fields).map((name) => [name, ""])) },
  ])("refuses, though signed, $name: malformed", ({ changes, behind }) => {
    expect(decodeHeartbeat(signed(changes, behind), [key])).toEqual({ ok: false, reason: "malformed" });
  });

  it.each([
    { name: "no interval", behind: "0000 00000009 00" },
    { name: "a session of zero", behind: "03e8 00000009 01 0000000000000000" },
    { name: "33 silent members", behind: `03e8 00000009 21 ${"0000000000000006".repeat(33)}` },
    { name: "half a session", behind: "03e8 00000009 01 00000006" },
    { name: "a byte behind", behind: `${watchFields} 00` },
    { name: "nothing of version 2", behind: "" },
  ])("A3 refuses, though signed as version 2, $name: malformed", ({ behind }) => {
    const body = hex(`${Object.values(fields).join(" ")} ${behind}`);
    expect(decodeHeartbeat(sign(body, 2), [key])).toEqual({ ok: false, reason: "malformed" });
  });

  it.each([
    { name: "five members asked for", behind: `${watchFields} 05 ${"00000000000000aa".repeat(5)}` },
    { name: "half an id", behind: `${watchFields} 01 000000aa` },
    { name: "nothing of version 3", behind: watchFields },
  ])("C refuses, though signed as version 3, $name: malformed", ({ behind }) => {
    const body = hex(`${Object.values(fields).join(" ")} ${behind}`);
    expect(decodeHeartbeat(sign(body, 3), [key])).toEqual({ ok: false, reason: "malformed" });
  });

  it("undoes encodeHeartbeat()", () => {
    fc.assert(
      fc.property(anyHeartbeat, (heartbeat) => {
        const encoded = encodeHeartbeat(heartbeat, key);
        expect(encoded.length).toBeLessThanOrEqual(HEARTBEAT_BYTES);
        expect(decodeHeartbeat(encoded, [key])).toEqual(read(heartbeat));
      }),
    );
  });

  it("never throws: not for noise, and not for noise with a right signature", () => {
    const body = hex(Object.values(fields).join(""));
    const noise = fc.uint8Array({ maxLength: 120 });
    const signedNoise = fc.tuple(noise, fc.integer({ min: 1, max: 4 })).map(([some, version]) => sign(some, version));
    const signedStart = fc.nat(body.length).map((length) => sign(body.subarray(0, length)));
    const signedNearly = fc.tuple(noise, fc.nat(body.length - 1)).map(([some, at]) => {
      const changed = Uint8Array.from(body);
      changed.set(some.subarray(0, Math.min(4, changed.length - at)), at);
      return sign(changed);
    });
    fc.assert(
      fc.property(fc.oneof(noise, signedNoise, signedStart, signedNearly), (bytes) => {
        const decoded = decodeHeartbeat(bytes, [key]);
        if (decoded.ok) expect(encodeHeartbeat(decoded.heartbeat, key)).toEqual(bytes);
      }),
      { numRuns: 500 },
    );
  });
});

describe("encodeRelay()", () => {
  const head = { session: 8n, echo: 12n, sequence: 7, ageMs: 3, everyMs: 10 };
  const headBytes = "0000000000000008 000000000000000c 000000000007 0003 000a 02";
  const passedOn = hex(`${Object.values({ ...fields, flags: "05" }).join(" ")} ${watchFields}`);

  it("C writes the bytes: a head, and the heartbeat as its sender wrote it", () => {
    const relayed = encodeRelay(head, { version: 2, bytes: passedOn }, key);
    expect(relayed).toEqual(sign(Uint8Array.of(...hex(headBytes), ...passedOn), 4));
    const relay = { ...head, version: 2 };
    const body = { version: 2, bytes: passedOn };
    expect(decodeHeartbeat(relayed, [key])).toEqual({ ok: true, heartbeat: { ...heartbeat, watch }, body, relay });
    expect(decodeHeartbeat(relayed, [otherKey])).toEqual({ ok: false, reason: "tag" });
  });

  it("C fits a datagram that is never fragmented, whatever it passes on", () => {
    const body = { version: 2, bytes: new Uint8Array(HEARTBEAT_BYTES - SEAL_BYTES) };
    // The smallest MTU of IPv6, without its header and that of UDP.
    expect(encodeRelay(head, body, key).length).toBeLessThanOrEqual(1_280 - 40 - 8);
  });

  it("C writes times that are too long for their field as the longest", () => {
    const long = encodeRelay({ ...head, ageMs: 1e9, everyMs: 0 }, { version: 2, bytes: passedOn }, key);
    expect(decodeHeartbeat(long, [key])).toMatchObject({ relay: { ageMs: 65_535, everyMs: 1 } });
  });

  it.each([
    { name: "no session", change: headBytes.replace("0000000000000008", "0000000000000000") },
    { name: "no interval", change: headBytes.replace("000a", "0000") },
    { name: "a heartbeat of version 1", change: headBytes.replace(/02$/, "01") },
    { name: "a relay in a relay", change: headBytes.replace(/02$/, "04") },
    { name: "half a head", change: "0000000000000008 0000" },
  ])("C what is signed and has $name is malformed", ({ change }) => {
    const bytesOf = Uint8Array.of(...hex(change), ...passedOn);
    expect(decodeHeartbeat(sign(bytesOf, 4), [key])).toEqual({ ok: false, reason: "malformed" });
    expect(decodeHeartbeat(sign(hex(change), 4), [key])).toEqual({ ok: false, reason: "malformed" });
  });
});

describe("the version that the speaker of a session reads", () => {
  it.each([
    { session: 0n, reads: [false, false] },
    { session: 5n, reads: [false, false] },
    { session: 6n, reads: [true, false] },
    { session: 8n, reads: [true, true] },
  ])("of $session", ({ session, reads }) => {
    expect([readsVersion2(session), readsVersion3(session)]).toEqual(reads);
  });
});
