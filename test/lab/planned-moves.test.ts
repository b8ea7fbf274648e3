// What clients lose while a node gives its addresses up in an orderly way: datagrams, and connections that begin meanwhile.
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RackInstallation } from "#lab/hawser/installation.ts";
import { echo, startEcho, writeEchoManifests } from "#lab/probes/echo.ts";
import { type LostProbes, lostWhile } from "#lab/probes/lost-while.ts";
import { Prober, type ProberOptions } from "#lab/probes/prober.ts";
import { Rack } from "#lab/rack/rack.ts";
import { until } from "#lab/rack/until.ts";

const CLI = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));
const ADDRESSES = [echo.ipv4, echo.ipv6];
/** In a row, before a move and after it. */
const CALM_PROBES = 50;
/** A new connection takes about one: so there is one under way at most moments. */
const CONNECT_EVERY_MS = 3;
/** A busy machine keeps a speaker from its heartbeats for longer than the usual 100 ms, and that is not what is tried here. */
const PATIENCE = ["--dead-after", "3000", "--heartbeat-interval", "100"];

describe.skipIf(process.env["HAWSER_RACK"] !== "1")("13 D planned moves of the addresses of both families", () => {
  let rack: Rack;
  let installation: RackInstallation;

  beforeAll(async () => {
    rack = await Rack.build({ nodes: 3 });
    await startEcho(rack);
    // A connection that has begun on one node and goes on at the other one lives only with --keep-connections.
    const speakerOptions = ["--keep-connections", "600", "--fail-back-after", "0", ...PATIENCE];
    const directory = writeEchoManifests(rack);
    installation = await RackInstallation.start({ rack, directory, speakerOptions, speakers: ["n1"] });
    await Promise.all(ADDRESSES.map((ip) => installation.untilOwned(ip)));
    await Promise.all(["n2", "n3"].map((node) => installation.startSpeaker(node)));
    await untilAllReady();
  });

  afterAll(async () => {
    await installation[Symbol.asyncDispose]();
    await rack.close();
  });

  async function untilAllReady(): Promise<void> {
    await until("all speakers stand for election and see each other", () => {
      const reports = rack.nodes.map(({ name }) => installation.reports().get(name));
      return reports.every((report) => report?.ready === true && report.members.length === rack.nodes.length);
    });
  }

  async function owners(): Promise<readonly string[]> {
    return Promise.all(ADDRESSES.map((ip) => installation.untilOwned(ip)));
  }

  /** Runs `hawser COMMAND ...` on the folder; returns its exit code. */
  async function hawser(...args: readonly string[]): Promise<number> {
    return (await rack.router.run([process.execPath, CLI, ...args, "--manifests", installation.directory])).code;
  }

  async function probe(options: Pick<ProberOptions, "mode" | "target" | "everyMs">): Promise<Prober> {
    const prober = await Prober.start(rack.client, { ...options, port: echo.port });
    await prober.waitForGood(CALM_PROBES);
    return prober;
  }

  /** What is lost of datagrams and new connections of both families while `act` runs, and for a while after it. */
  async function lostDuring(act: () => Promise<unknown>): Promise<Readonly<Record<string, LostProbes>>> {
    const kinds = ADDRESSES.flatMap((target) => [
      { mode: "udp", target, everyMs: 2 } as const,
      { mode: "tcp", target, everyMs: CONNECT_EVERY_MS } as const,
    ]);
    const probers = await Promise.all(kinds.map(probe));
    const acted = Promise.withResolvers<unknown>();
    const counted = probers.map((prober) => lostWhile(prober, 4 * CALM_PROBES, () => acted.promise));
    acted.resolve(await act());
    const lost = await Promise.all(counted);
    return Object.fromEntries(kinds.map(({ mode, target }, at) => [`${mode} ${target}`, lost[at] ?? expect.fail()]));
  }

  const NOTHING_LOST = Object.fromEntries(
    ADDRESSES.flatMap((target) => [`udp ${target}`, `tcp ${target}`]).map((kind) => [kind, 0]),
  );

  function lostOf(counts: Readonly<Record<string, LostProbes>>): Readonly<Record<string, number>> {
    for (const [kind, { probes }] of Object.entries(counts)) expect(probes, kind).toBeGreaterThan(4 * CALM_PROBES);
    return Object.fromEntries(Object.entries(counts).map(([kind, { lost }]) => [kind, lost]));
  }

  it("hawser drain loses no datagram and no new connection", async () => {
    expect(await owners()).toEqual(["n1", "n1"]);
    const lost = await lostDuring(async () => expect(await hawser("drain", "n1")).toBe(0));
    expect(await owners()).toEqual(["n2", "n2"]);
    expect(lostOf(lost)).toEqual(NOTHING_LOST);
    expect(await hawser("drain", "n1", "--undo")).toBe(0);
  });

  it("neither does a speaker that gets SIGTERM", async () => {
    expect(await owners()).toEqual(["n2", "n2"]);
    const lost = await lostDuring(() => installation.speaker("n2").stop());
    expect(await owners()).toEqual(["n1", "n1"]);
    expect(lostOf(lost)).toEqual(NOTHING_LOST);
    await installation.startSpeaker("n2");
  });
});
