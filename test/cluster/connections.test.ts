// Open TCP connections live through each kind of planned move, on real kernels.
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RackInstallation } from "#lab/hawser/installation.ts";
import { echo, startEcho, writeEchoManifests } from "#lab/probes/echo.ts";
import { HeldConnections } from "#lab/probes/held-connections.ts";
import { Rack } from "#lab/rack/rack.ts";
import { until } from "#lab/rack/until.ts";

const CLI = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));
const { ipv4: IPV4, ipv6: IPV6, port: PORT } = echo;
/** Of each family. */
const CONNECTIONS = 50;
/** The node of the endpoint announces nothing. */
const ENDPOINT_NODE = "n4";
const CANDIDATES = ["n1", "n2", "n3"];
/** A busy machine keeps a speaker from its heartbeats for longer than the usual 100 ms, and that is not what is tried here. */
const PATIENCE = ["--dead-after", "3000", "--heartbeat-interval", "100"];

/** What nft makes of the rules that the speaker wrote. */
const AS_NFT_WRITES_THEM = [
  "ip daddr != @former_owners accept",
  "meta l4proto != tcp accept",
  "ip ttl > 16 ip ttl set 16",
  "ip ttl > 4 dup to ip daddr map @former_owners drop",
];

describe.skipIf(process.env["HAWSER_RACK"] !== "1")("13 D open TCP connections", () => {
  let rack: Rack;
  let installation: RackInstallation;

  beforeAll(async () => {
    rack = await Rack.build({ nodes: 4 });
    await startEcho(rack, ENDPOINT_NODE);
    const directory = writeEchoManifests(rack, { endpointNode: ENDPOINT_NODE });
    const speakerOptions = ["--keep-connections", "600", "--fail-back-after", "0", ...PATIENCE];
    installation = await RackInstallation.start({ rack, directory, speakerOptions });
    await until("both addresses are announced", () => ownerOf(IPV4) !== "" && ownerOf(IPV6) !== "");
    await untilAllReady();
  });

  afterAll(async () => {
    await installation[Symbol.asyncDispose]();
    await rack.close();
  });

  function ownerOf(ip: string): string {
    const [owner = "", ...more] = installation.announcers(ip);
    return more.length > 0 ? "" : owner;
  }

  async function untilAllReady(): Promise<void> {
    await until("all speakers stand for election and see each other", () => {
      const reports = CANDIDATES.map((node) => installation.reports().get(node));
      return reports.every((report) => report?.ready === true && report.members.length === rack.nodes.length);
    });
  }

  /** Runs `hawser COMMAND ...` on the folder; returns its exit code. */
  async function hawser(...args: readonly string[]): Promise<number> {
    const command = [process.execPath, CLI, ...args, "--manifests", installation.directory];
    return (await rack.router.run(command)).code;
  }

  async function held(act: () => Promise<void>): Promise<number> {
    const [ipv4, ipv6] = await Promise.all(
      [IPV4, IPV6].map(async (target) => HeldConnections.open(rack.client, { target, port: PORT, count: CONNECTIONS })),
    );
    await act();
    const results = [await ipv4?.close(), await ipv6?.close()];
    return results.reduce((sum, result) => sum + (result?.alive ?? 0), 0);
  }

  it("live through a drain, a rolling restart of all speakers, and the way back to their first node", async () => {
    const first = ownerOf(IPV4);
    const alive = await held(async () => {
      expect(await hawser("drain", first)).toBe(0);
      expect(ownerOf(IPV4)).not.toBe(first);
      expect(await hawser("drain", first, "--undo")).toBe(0);
      for (const node of CANDIDATES) {
        await installation.speaker(node).stop();
        await installation.startSpeaker(node);
        await untilAllReady();
      }
      // Only the first node is left to announce them.
      for (const node of CANDIDATES.filter((one) => one !== first)) await hawser("drain", node);
      await until("the first node has the address again", () => ownerOf(IPV4) === first && ownerOf(IPV6) === first);
      for (const node of CANDIDATES.filter((one) => one !== first)) await hawser("drain", node, "--undo");
      expect(await hawser("rebalance")).toBe(0);
      expect(new Set([ownerOf(IPV4), ownerOf(IPV6)]).size).toBe(2);
    });
    expect(alive).toBe(2 * CONNECTIONS);
    const rules = await rack.host(first).run(["nft", "list", "chain", "ip", "hawser", "keep_connections"]);
    expect(rules.stdout.split("\n").map((line) => line.trim())).toEqual(expect.arrayContaining(AS_NFT_WRITES_THEM));
  });
});
