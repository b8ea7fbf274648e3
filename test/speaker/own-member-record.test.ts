import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { keyProblems } from "#speaker/key-problems.ts";
import { memberRecordProblems, ownMemberRecord } from "#speaker/own-member-record.ts";
import { followHeartbeatKeys } from "#speaker/heartbeat-key-file.ts";
import { keyFingerprint } from "#speaker/heartbeat-keys.ts";
import { parseIp, printIp } from "#src/ip/address.ts";
import { type MemberRecord, printMemberRecord, readMemberRecord } from "#src/model/member-record.ts";
import { parseNode } from "#src/model/node.ts";
import type { Problem } from "#src/model/problem.ts";
import { object } from "#test/model/build.ts";
import { eventually } from "#test/support/eventually.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const [first, second] = [bytes("the first key of all"), bytes("the second key of all")] as const;
const eth0 = { name: "eth0", mac: "02:00:00:00:00:01", subnets: ["192.0.2.0/24"], addresses: ["192.0.2.11"] };

const machineAddresses = [{ address: "198.51.100.11/24", interface: "eth1" }];

function recordOf(node: string, ...keys: readonly Uint8Array[]): MemberRecord {
  const made = ownMemberRecord({
    node,
    keys,
    interfaces: [eth0],
    gateways: ["192.0.2.1"],
    machineAddresses,
    nodeObject: undefined,
  });
  return made ?? expect.fail("it has an address");
}

describe("ownMemberRecord()", () => {
  const nodeObject = parseNode(
    object(
      "{ apiVersion: v1, kind: Node, metadata: { name: n1 }, status: { addresses: [{ type: InternalIP, address: 198.51.100.7 }] } }",
    ),
  ).value;

  it("names the addresses of the Node object, else those of the interfaces", () => {
    const own = { node: "n1", keys: [first], interfaces: [eth0], gateways: [], machineAddresses };
    expect(ownMemberRecord({ ...own, nodeObject })?.addresses.map(printIp)).toEqual(["198.51.100.7"]);
    expect(ownMemberRecord({ ...own, nodeObject: undefined })?.addresses.map(printIp)).toEqual(["192.0.2.11"]);
    expect(ownMemberRecord({ ...own, interfaces: [], nodeObject: undefined })).toBeUndefined();
  });

  it("tells of keys no more than what keeps them apart", () => {
    const text = JSON.stringify(printMemberRecord(recordOf("n1", first, second)));
    expect(text).toContain(keyFingerprint(first));
    expect(keyFingerprint(first)).toMatch(/^[0-9a-f]{12}$/);
    expect(keyFingerprint(first)).not.toBe(keyFingerprint(second));
    expect(text).not.toContain("the first key");
  });

  it("is read back as it was published", () => {
    const own = recordOf("n1", first);
    expect(readMemberRecord(JSON.parse(JSON.stringify(printMemberRecord(own))) as Record<string, unknown>)).toEqual(
      own,
    );
  });

  it.each([{}, { node: "n1" }, { node: "n1", addresses: ["x"] }, { node: 7, addresses: ["192.0.2.1"] }])(
    "%j is not a member record",
    (value) => expect(readMemberRecord(value)).toBeUndefined(),
  );

  it("is read with what can be read of it, and no more than 512 of anything", () => {
    const addresses = [
      "nonsense",
      7,
      ...Array.from({ length: 999 }, (_, index) => `192.0.${index >> 8}.${index & 255}`),
    ];
    const read = readMemberRecord({ node: "n1", addresses, keys: "x", interfaces: [null, { name: "eth0" }] });
    expect(read?.addresses).toHaveLength(510);
    expect(read?.addresses[0]).toEqual(parseIp("192.0.0.0"));
    expect(read).toMatchObject({
      keys: [],
      hasNode: false,
      gateways: [],
      interfaces: [{ name: "eth0", mac: "", subnets: [], addresses: [] }],
      machineAddresses: [],
    });
  });

  it("L1 says when it has no room for all addresses of the machine", () => {
    const many = (count: number) => {
      const self = { node: "n1", keys: [first], interfaces: [eth0], gateways: [], nodeObject: undefined };
      const addresses = Array.from({ length: count }, (_, last) => `10.0.${last >> 8}.${last & 255}/24`);
      return { ...self, machineAddresses: addresses.map((address) => ({ address, interface: "eth1" })) };
    };
    expect(ownMemberRecord(many(512))?.machineAddresses).toHaveLength(512);
    expect(memberRecordProblems(many(512))).toEqual([]);
    expect(ownMemberRecord(many(513))?.machineAddresses).toHaveLength(512);
    expect(memberRecordProblems(many(513))).toMatchObject([
      { code: "MEMBER_RECORD_TOO_LONG", what: "The other speakers know 512 of the 513 addresses of this node" },
    ]);
  });
});

describe("keyProblems()", () => {
  it.each([
    { name: "one key", own: [first], other: [first], isWell: true },
    { name: "the new key accepted by one, not yet by the other", own: [first, second], other: [first], isWell: true },
    {
      name: "the new key signing at one, accepted at both",
      own: [second, first],
      other: [first, second],
      isWell: true,
    },
    { name: "different keys", own: [first], other: [second], isWell: false },
    { name: "a key that signs before all accept it", own: [second, first], other: [first], isWell: false },
    { name: "a key dropped while one still signs with it", own: [first, second], other: [second], isWell: false },
  ])("$name: $isWell", ({ own, other, isWell }) => {
    const problems = keyProblems(recordOf("n1", ...own), [recordOf("n2", ...other)]);
    expect(problems.map(({ code }) => code)).toEqual(isWell ? [] : ["HEARTBEAT_KEY_DIFFERS"]);
    if (!isWell)
      expect(problems[0]).toMatchObject({
        at: { kind: "speaker", nodes: ["n1", "n2"] },
        fix: expect.stringMatching(/n1 and n2/),
      });
  });
});

describe("followHeartbeatKeys()", () => {
  const directory = mkdtempSync(join(tmpdir(), "hawser-keys-"));
  const file = join(directory, "key");
  let end = (): void => undefined;
  afterEach(() => {
    end();
    rmSync(directory, { recursive: true });
  });

  it("tells other keys once, and keeps those known while the file is broken", async () => {
    writeFileSync(file, "the first key of all\n");
    const told: (readonly string[])[] = [];
    let problems: readonly Problem[] = [];
    end = followHeartbeatKeys({
      file,
      keys: [first],
      onKeys: (keys) => told.push(keys.map(keyFingerprint)),
      onProblems: (found) => (problems = found),
    });
    writeFileSync(file, "short\n");
    await vi.waitFor(() => expect(problems).toMatchObject([{ code: "HEARTBEAT_KEY_UNUSABLE" }]), eventually);
    expect(told).toEqual([]);
    writeFileSync(file, "the first key of all\nthe second key of all\n");
    await vi.waitFor(() => expect(told).toEqual([[keyFingerprint(first), keyFingerprint(second)]]), eventually);
    expect(problems).toEqual([]);
  });
});
