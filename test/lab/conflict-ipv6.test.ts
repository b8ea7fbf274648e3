// Another machine with an announced IPv6 address, on real kernels: one that asks first (duplicate address detection), and one that does not.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RackInstallation } from "#lab/hawser/installation.ts";
import { readMetrics } from "#lab/hawser/read-metrics.ts";
import { echo, writeEchoManifests } from "#lab/probes/echo.ts";
import type { Host } from "#lab/rack/host.ts";
import { Rack } from "#lab/rack/rack.ts";
import { until } from "#lab/rack/until.ts";

const IP = echo.ipv6;

describe.skipIf(process.env["HAWSER_RACK"] !== "1")("13 G a machine without a speaker takes an IPv6 address", () => {
  let rack: Rack;
  let installation: RackInstallation;
  let stranger: Host;

  beforeAll(async () => {
    rack = await Rack.build({ nodes: 3 });
    stranger = rack.host("n3");
    installation = await RackInstallation.start({ rack, directory: writeEchoManifests(rack), speakers: ["n1", "n2"] });
    await installation.untilOwned(IP);
  });
  afterAll(async () => {
    await installation[Symbol.asyncDispose]();
    await rack.close();
  });

  async function onStranger(...command: readonly string[]): Promise<void> {
    const { code, stderr } = await stranger.run(command);
    expect([command.join(" "), code, stderr]).toEqual([command.join(" "), 0, ""]);
  }

  /** What the kernel of the stranger says of the address: its flags, such as `tentative` and `dadfailed`. */
  async function flags(): Promise<readonly string[]> {
    const { stdout } = await stranger.run(["ip", "-json", "-6", "address", "show", "dev", "eth0", "to", IP]);
    const [link] = JSON.parse(stdout || "[]") as { addr_info?: Readonly<Record<string, unknown>>[] }[];
    return Object.entries(link?.addr_info?.[0] ?? {}).flatMap(([name, value]) => (value === true ? [name] : []));
  }

  const ownerOf = (): string => installation.announcers(IP).join();

  function say(conflict: string): void {
    const pools = join(installation.directory, "pools.yaml");
    const without = readFileSync(pools, "utf8").replaceAll(/, conflict: \w+/g, "");
    writeFileSync(pools, without.replaceAll("protocol: layer2", `protocol: layer2, conflict: ${conflict}`));
  }

  function untilReported(node: string, code: string): Promise<{ readonly what: string; readonly why: string }> {
    const problems = () => installation.reports().get(node)?.problems ?? [];
    return until(`${node} reports ${code}`, () => problems().find((one) => one.code === code), { lastSeen: problems });
  }

  /** How often a speaker has done something about conflicts. */
  async function counted(node: string, action: string): Promise<number> {
    const pattern = new RegExp(`^hawser_speaker_conflict_actions_total\\{action="${action}"\\} (\\d+)$`, "m");
    return Number(pattern.exec(await readMetrics(rack.host(node)))?.[1] ?? 0);
  }

  /** The client forgets who has the address, and asks again, until it is this machine. */
  async function untilClientFinds(host: Host): Promise<void> {
    const seen = async () => {
      await rack.client.flushNeighbors();
      await rack.client.run(["bash", "-c", `echo > /dev/udp/${IP}/9`]);
      return (await rack.client.neighbor(IP))?.mac;
    };
    await until(`the client finds ${IP} at ${host.name}`, async () => (await seen()) === host.mac);
  }

  it("a kernel that asks before it uses the address is answered, and does not use it", async () => {
    const owner = ownerOf();
    await onStranger("sysctl", "-qw", "net.ipv6.conf.all.accept_dad=1", "net.ipv6.conf.eth0.accept_dad=1");
    await onStranger("ip", "address", "add", `${IP}/128`, "dev", "eth0");
    await until("it found that another machine has it", async () => (await flags()).includes("dadfailed"), {
      lastSeen: flags,
    });
    await untilClientFinds(rack.host(owner));
    expect(ownerOf()).toBe(owner);
    await onStranger("ip", "address", "delete", `${IP}/128`, "dev", "eth0");
  });

  it("one that does not ask is named by its MAC, and treated as the pool says: warn, defend, yield", async () => {
    const owner = ownerOf();
    say("warn");
    // It says so once, unasked, and from then on where it is asked.
    await onStranger("sysctl", "-qw", "net.ipv6.conf.all.accept_dad=0", "net.ipv6.conf.eth0.accept_dad=0");
    await onStranger("sysctl", "-qw", "net.ipv6.conf.eth0.ndisc_notify=1");
    await onStranger("ip", "address", "add", `${IP}/128`, "dev", "eth0");
    const found = await untilReported(owner, "ADDRESS_HAS_TWO_OWNERS");
    expect(found.what).toBe(`${owner} and the machine ${stranger.mac} both announce ${IP}`);
    const said = () => installation.announcedCondition(echo.key);
    const names = new RegExp(`^MultipleOwners .*${stranger.mac}`);
    await until("the condition names it", () => names.test(said()), { lastSeen: said });
    // It is looked at the conflict once more, at which another policy would send something.
    const asked = await counted(owner, "probe");
    await until("it is asked again", async () => (await counted(owner, "probe")) > asked);
    expect(await counted(owner, "defend")).toBe(0);
    say("defend");
    await until("it is defended", async () => (await counted(owner, "defend")) > 0);
    expect(ownerOf()).toBe(owner);
    say("yield");
    const { what, why } = await untilReported(owner, "ADDRESS_YIELDED");
    expect([what, why]).toEqual([`${owner} does not announce ${IP}`, expect.stringContaining(stranger.mac)]);
    await until("no speaker announces it", () => ownerOf() === "", { lastSeen: ownerOf });
    await untilClientFinds(stranger);
    await onStranger("ip", "address", "delete", `${IP}/128`, "dev", "eth0");
    say("defend");
    await untilClientFinds(rack.host(owner));
    await until("the owner says that it announces it", () => ownerOf() === owner, { lastSeen: ownerOf });
  });
});
