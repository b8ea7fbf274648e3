// A cluster of IPv6 alone: its speakers hear each other over it, take over, and believe neither what is forged nor what is sent again.
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { heartbeatCounts } from "#lab/hawser/heartbeat-counts.ts";
import { RackInstallation } from "#lab/hawser/installation.ts";
import { readMetrics } from "#lab/hawser/read-metrics.ts";
import { echo, startEcho, writeEchoManifests } from "#lab/probes/echo.ts";
import { gapAfter } from "#lab/probes/gap.ts";
import { Prober } from "#lab/probes/prober.ts";
import type { Host } from "#lab/rack/host.ts";
import { Rack } from "#lab/rack/rack.ts";
import { until } from "#lab/rack/until.ts";
import { MAX_STALL_MS } from "#src/wire/heartbeat.ts";

const THIEF = fileURLToPath(new URL("../support/heartbeat-thief.ts", import.meta.url));
const CALM_PROBES = 50;
/** As in failover.test.ts: speakers that stall say so, and are waited for. */
const LONGEST_GAP_MS = 500 + MAX_STALL_MS;
/** Each so many milliseconds a stolen heartbeat is sent again to each node: as often as its owner sends one. */
const REPLAY_EVERY_MS = 10;
/** So many that were refused tell enough. */
const REFUSED = 20;

/** Sends a datagram, as hexadecimal digits, to port 7946 of some addresses, again and again. */
const SENDER = `
const [, hex, everyMs, ...targets] = process.argv;
const socket = require("node:dgram").createSocket("udp6");
setInterval(() => {
  for (const target of targets) socket.send(Buffer.from(hex, "hex"), 7946, target, () => {});
}, Number(everyMs));
console.log("ready");
`;

describe.skipIf(process.env["HAWSER_RACK"] !== "1")("13 A a rack of three nodes without IPv4", () => {
  let rack: Rack;
  let installation: RackInstallation;

  beforeAll(async () => {
    rack = await Rack.build({ nodes: 3 });
    await startEcho(rack);
    for (const node of rack.nodes) {
      const { code } = await node.run(["ip", "-4", "address", "flush", "dev", "eth0"]);
      expect(code).toBe(0);
    }
    const directory = writeEchoManifests(rack, { addressOf: (node) => rack.host(node).ipv6 });
    installation = await RackInstallation.start({ rack, directory });
  });

  afterAll(async () => {
    await installation[Symbol.asyncDispose]();
    await rack.close();
  });

  /** The owner once all speakers see each other. */
  async function calm(): Promise<Host> {
    await until("all speakers see each other", () =>
      rack.nodes.every(({ name }) => installation.reports().get(name)?.members.length === rack.nodes.length),
    );
    return rack.host(await installation.untilOwned(echo.ipv6));
  }

  const others = (owner: Host): readonly Host[] => rack.nodes.filter((node) => node !== owner);

  /** A heartbeat of one node as another one got it. */
  async function steal(from: Host, to: Host): Promise<string> {
    const { code, stdout } = await to.run(["timeout", "30", process.execPath, THIEF, from.ipv6]);
    expect(code).toBe(0);
    return stdout.trim();
  }

  /** Sends it to these nodes from a machine that is not theirs, until the returned function is called. */
  async function keepSending(hex: string, targets: readonly Host[]): Promise<() => Promise<unknown>> {
    const addresses = targets.map(({ ipv6 }) => ipv6);
    const command = [process.execPath, "--eval", SENDER, hex, String(REPLAY_EVERY_MS), ...addresses];
    const sender = await rack.client.spawn({ name: "sender", command, ready: /^ready$/ });
    return () => sender.kill();
  }

  async function counted(node: Host, metric: string, label: string): Promise<number> {
    const pattern = new RegExp(`^${metric}\\{${label}\\} (\\d+)$`, "m");
    return Number(pattern.exec(await readMetrics(node))?.[1] ?? 0);
  }

  const stale = (node: Host) => counted(node, "hawser_speaker_heartbeats_received_total", 'effect="stale"');
  const forged = (node: Host) => counted(node, "hawser_speaker_heartbeats_refused_total", 'fault="tag"');

  it("all hear each other, the IPv6 address is announced and the IPv4 one by no node", async () => {
    const owner = await calm();
    for (const node of rack.nodes) expect((await heartbeatCounts(node)).received).toBeGreaterThan(0);
    expect((await rack.client.neighbor(echo.ipv6))?.mac).toBe(owner.mac);
    expect(installation.announcers(echo.ipv4)).toEqual([]);
  });

  it("a heartbeat of which one bit was changed is refused and counted", async () => {
    const owner = await calm();
    const [receiver = expect.fail()] = others(owner);
    const bytes = Buffer.from(await steal(owner, receiver), "hex");
    const last = bytes.length - 1;
    bytes[last] = (bytes[last] ?? 0) ^ 1;
    const before = await forged(receiver);
    const stop = await keepSending(bytes.toString("hex"), [receiver]);
    await until("they are counted", async () => (await forged(receiver)) >= before + REFUSED);
    await stop();
    expect(await calm()).toBe(owner);
  });

  it("one that is sent again is counted, and does not make a dead owner live", async () => {
    const owner = await calm();
    const prober = await Prober.start(rack.client, { mode: "udp", target: echo.ipv6, port: echo.port, everyMs: 2 });
    await prober.waitForGood(CALM_PROBES);
    const receivers = others(owner);
    const stolen = await Promise.all(receivers.map((receiver) => steal(owner, receiver)));
    const before = await Promise.all(receivers.map(stale));
    const stops = await Promise.all(receivers.map((receiver, at) => keepSending(stolen[at] ?? "", [receiver])));
    const { effectiveNs } = await rack.cutSilent(owner);
    await prober.waitForGood(CALM_PROBES);
    expect(gapAfter(await prober.stop(), effectiveNs)).toBeLessThan(LONGEST_GAP_MS);
    for (const [at, receiver] of receivers.entries())
      await until(`${receiver.name} counts them`, async () => (await stale(receiver)) >= (before[at] ?? 0) + REFUSED);
    const heir = receivers.find(({ name }) => installation.announcers(echo.ipv6).includes(name));
    expect(heir).toBeDefined();
    await Promise.all(stops.map((stop) => stop()));
    await rack.heal();
    expect(await calm()).toBe(heir);
  });
});
