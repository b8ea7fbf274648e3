import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RackInstallation, readyLine } from "#lab/hawser/installation.ts";
import { readMetrics } from "#lab/hawser/read-metrics.ts";
import { echo, writeEchoManifests } from "#lab/probes/echo.ts";
import type { Host } from "#lab/rack/host.ts";
import { Rack } from "#lab/rack/rack.ts";
import { until } from "#lab/rack/until.ts";

const ADDRESSES = [
  { ip: echo.ipv4, mostData: 1_472, bits: 32 },
  { ip: echo.ipv6, mostData: 1_452, bits: 128 },
];
const THREE = ["-c", "3", "-i", "0.05", "-W", "1"];
const ALL = "3 packets transmitted, 3 received, 0% packet loss";
const NONE = "0 received";

describe.skipIf(process.env["HAWSER_RACK"] !== "1")("J ping of an address", () => {
  let rack: Rack;
  let installation: RackInstallation;

  beforeAll(async () => {
    rack = await Rack.build({ nodes: 3 });
    const directory = writeEchoManifests(rack);
    installation = await RackInstallation.start({ rack, directory, speakerOptions: ["--answer-ping"] });
    for (const { ip } of ADDRESSES) await installation.untilOwned(ip);
  });
  afterAll(async () => {
    await installation[Symbol.asyncDispose]();
    await rack.close();
  });

  async function ping(host: Host, ...options: readonly string[]): Promise<string> {
    const { stdout, stderr } = await host.run(["ping", "-n", ...options]);
    return `${stdout}${stderr}`;
  }

  /** Resolves once three requests in a row are answered: ping does not wait for an answer that a busy machine gives late. */
  async function untilAnswered(host: Host, ...options: readonly string[]): Promise<string> {
    let said = "";
    const isAnswered = async () => (said = await ping(host, ...THREE, ...options)).includes(ALL);
    await until(`ping ${options.join(" ")} is answered`, isAnswered, { lastSeen: () => said });
    return said;
  }

  async function mustRun(host: Host, command: string): Promise<void> {
    const { code, stderr } = await host.run(command.split(" "));
    expect(`${command}: ${code} ${stderr}`).toBe(`${command}: 0 `);
  }

  async function echoesOf(node: string, outcome: string): Promise<number> {
    const metrics = await readMetrics(rack.host(node));
    const [, count] = new RegExp(`hawser_speaker_echoes_total\\{outcome="${outcome}"\\} (\\d+)`).exec(metrics) ?? [];
    return Number(count);
  }

  /** The metrics follow within a second. */
  async function untilEchoes(node: string, outcome: string, least: number): Promise<void> {
    let last = 0;
    const isEnough = async () => (last = await echoesOf(node, outcome)) >= least;
    await until(`${node} counts ${least} ${outcome}`, isEnough, { lastSeen: () => last });
  }

  it.each(ADDRESSES)(
    "$ip answers hosts in its network and behind a router, with all data that a frame holds",
    async ({ ip, mostData }) => {
      for (const [host, hops] of [
        [rack.client, 64],
        [rack.remote, 63],
      ] as const)
        for (const bytes of [0, 56, 57, mostData]) {
          const said = await untilAnswered(host, "-s", String(bytes), ip);
          expect(said.match(new RegExp(`ttl=${hops}\\b`, "g"))).toHaveLength(3);
          expect(said).not.toMatch(/DUP|wrong data/);
        }
    },
  );

  it.each(ADDRESSES)("$ip does not answer what comes in pieces", async ({ ip, mostData }) => {
    expect(await ping(rack.client, ...THREE, "-s", String(mostData + 1), ip)).toContain(NONE);
  });

  it("does not answer a record of the route", async () => {
    expect(await ping(rack.client, ...THREE, "-R", echo.ipv4)).toContain(NONE);
  });

  it("is all that a host hears of it: the kernel forwards no request, and says nothing of it", async () => {
    // The kernel gives a neighbour up after three seconds, and tells each host that waits for it.
    const said = await Promise.all(ADDRESSES.map(({ ip }) => ping(rack.client, "-c", "5", "-W", "1", ip)));
    for (const one of said) {
      expect(one).toMatch(/5 packets transmitted, [345] received/);
      expect(one).not.toMatch(/errors|DUP/);
    }
  });

  it("a flood gets what the limit allows, and others are answered after it", async () => {
    const owner = await installation.untilOwned(echo.ipv4);
    const before = await echoesOf(owner, "answered");
    const limited = await echoesOf(owner, "limited");
    // A thousand at once, whatever the answers.
    await ping(rack.client, "-f", "-q", "-l", "1000", "-w", "3", echo.ipv4);
    await untilEchoes(owner, "limited", limited + 1);
    expect((await echoesOf(owner, "answered")) - before).toBeLessThanOrEqual(200 + 4 * 1_000);
    await untilAnswered(rack.client, echo.ipv4);
  });

  it.each(ADDRESSES)(
    "$ip answers once where the node has it on an interface: its kernel does",
    async ({ ip, bits }) => {
      const owner = await installation.untilOwned(ip);
      const answered = await echoesOf(owner, "answered");
      const refused = await echoesOf(owner, "refused");
      const node = rack.host(owner);
      await mustRun(node, `ip address add ${ip}/${bits} dev lo`);
      const once = async () => {
        const said = await ping(rack.client, ...THREE, ip);
        return said.includes(ALL) && !said.includes("DUP");
      };
      await until("one answer for each request", once);
      await untilAnswered(rack.client, ip);
      await untilEchoes(owner, "refused", refused + 3);
      await mustRun(node, `ip address delete ${ip}/${bits} dev lo`);
      await untilAnswered(rack.client, ip);
      await untilEchoes(owner, "answered", answered + 3);
    },
  );

  it("after a move the new node answers, once, and the one before does not, although it runs and is still asked", async () => {
    const before = await installation.untilOwned(echo.ipv4);
    await installation.speaker(before).stop();
    const owners = new Map<string, string>();
    for (const { ip } of ADDRESSES) owners.set(ip, await installation.untilOwned(ip));
    await installation.startSpeaker(before);
    for (const { ip } of ADDRESSES) {
      const after = owners.get(ip) ?? expect.fail();
      expect(after).not.toBe(before);
      const answered = await echoesOf(after, "answered");
      // Its kernel forwards what is for the address to the node that has it now, whose kernel would send it back.
      await mustRun(rack.client, `ip neigh replace ${ip} lladdr ${rack.host(before).mac} nud permanent dev eth0`);
      const said = await untilAnswered(rack.client, ip);
      expect(said).not.toMatch(/DUP|errors/);
      await mustRun(rack.client, `ip neigh del ${ip} dev eth0`);
      await untilAnswered(rack.client, ip);
      await untilEchoes(after, "answered", answered + 6);
      expect(await echoesOf(before, "answered")).toBe(0);
    }
  });

  it("leaves no table behind where a speaker is killed; without NET_ADMIN it says that it does not answer", async () => {
    const owner = await installation.untilOwned(echo.ipv4);
    const node = rack.host(owner);
    const tables = async () => (await node.run(["nft", "list", "tables"])).stdout;
    expect((await tables()).match(/hawser-ping/g)).toHaveLength(2);
    await installation.speaker(owner).kill();
    await until("the tables are gone", async () => !(await tables()).includes("hawser-ping"));
    const command = [
      "setpriv",
      "--bounding-set=-net_admin",
      "--inh-caps=-net_admin",
      ...installation.speakerCommand(owner, `${installation.directory}.heartbeat-key`),
      "--answer-ping",
    ];
    const speaker = await node.spawn({ name: "speaker", command, ready: readyLine });
    const codes = () => JSON.stringify(installation.reports().get(owner));
    await until("it reports PING_NOT_ANSWERED", () => codes().includes("PING_NOT_ANSWERED"), { lastSeen: codes });
    await speaker.stop();
  });
});
