import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RackInstallation } from "#lab/hawser/installation.ts";
import { readMetrics } from "#lab/hawser/read-metrics.ts";
import { echo, startEcho, writeEchoManifests } from "#lab/probes/echo.ts";
import { Rack } from "#lab/rack/rack.ts";
import { until } from "#lab/rack/until.ts";
import type { PrintedProblem } from "#src/model/problem.ts";
import type { Fields } from "#src/model/record.ts";

const ASKER = fileURLToPath(new URL("../support/arp-asker.ts", import.meta.url));
/** The second interface of n1 in the LAN. */
const SECOND = { name: "eth1", mac: "02:00:00:00:01:99", address: "192.0.2.199/24", port: "p-n1-second" } as const;
const CONNECTIONS = 12;

describe.skipIf(process.env["HAWSER_RACK"] !== "1")("the interfaces of a node", () => {
  let rack: Rack;
  let installation: RackInstallation;

  beforeAll(async () => {
    rack = await Rack.build({ nodes: 3 });
    await startEcho(rack);
    const options = { rack, directory: writeEchoManifests(rack), speakers: ["n1"] };
    installation = await RackInstallation.start(options);
    await installation.untilOwned(echo.ipv4);
  });
  afterAll(async () => {
    await installation[Symbol.asyncDispose]();
    await rack.close();
  });

  async function on(node: string, command: string): Promise<void> {
    const { code, stderr } = await rack.host(node).run(command.split(" "));
    expect(`${command}: ${code} ${stderr}`).toBe(`${command}: 0 `);
  }

  function problemsOf(node: string): readonly PrintedProblem[] {
    const report = installation.reports().get(node) as unknown as Fields | undefined;
    return (report?.["problems"] ?? []) as readonly PrintedProblem[];
  }

  function untilProblem(node: string, code: string, where: string): Promise<PrintedProblem> {
    const lastSeen = () => problemsOf(node);
    const find = () => problemsOf(node).find((problem) => problem.code === code && problem.where === where);
    return until(`${node} reports ${code} of ${where}`, find, { lastSeen });
  }

  async function untilNoProblem(node: string, code: string): Promise<void> {
    const lastSeen = () => problemsOf(node);
    await until(`${node} no longer reports ${code}`, () => problemsOf(node).every((one) => one.code !== code), {
      lastSeen,
    });
  }

  const announced = (): string => installation.announcedCondition(echo.key);

  /** Resolves once the last requests for the address were answered by these MACs alone. */
  async function untilAnsweredBy(...macs: readonly string[]): Promise<void> {
    const { client } = rack;
    const asked: string[] = [];
    const command = [process.execPath, ASKER, "eth0", client.ipv4, echo.ipv4, "20"];
    const asker = await client.spawn({ name: "asker", command, onLine: (line) => void asked.push(line) });
    const last = () => asked.slice(-10).map((line) => (line.split(" ")[1] ?? "").split(",").sort().join());
    try {
      const isSo = () => asked.length >= 10 && last().every((answer) => answer === [...macs].sort().join());
      await until(`${macs.join() || "nobody"} answers`, isSo, { lastSeen: last });
    } finally {
      await asker.kill();
    }
  }

  /** Makes the client a router that takes addresses from unsolicited advertisements, and has it forget what it knows. */
  async function learnsUnasked(): Promise<void> {
    for (const setting of ["forwarding=1", "accept_untracked_na=1"]) {
      const { code, stderr } = await rack.client.run(["sysctl", "-qw", `net.ipv6.conf.eth0.${setting}`]);
      expect([setting, code, stderr]).toEqual([setting, 0, ""]);
    }
    await rack.client.flushNeighbors();
  }

  /** How many of some connections, each with a neighbour table of its own, are answered. */
  async function countConnections(): Promise<number> {
    const talk = `exec 3<>/dev/udp/${echo.ipv4}/${echo.port}; echo -n hello >&3; dd bs=200 count=1 status=none <&3`;
    let answered = 0;
    for (let time = 0; time < CONNECTIONS; time++) {
      await rack.client.flushNeighbors();
      const { stdout } = await rack.client.run(["timeout", "5", "bash", "-c", talk]);
      if (stdout.startsWith("hello")) answered += 1;
    }
    return answered;
  }

  it("L4 of two in one network only the one that the kernel routes by answers, and every connection succeeds", async () => {
    const { mac } = rack.host("n1");
    for (const name of ["all", "default", "eth0"]) await on("n1", `sysctl -qw net.ipv4.conf.${name}.rp_filter=1`);
    const { name, port } = SECOND;
    await on("n1", `ip link add name ${name} address ${SECOND.mac} type veth peer name ${port} netns sw`);
    await on("n1", `ip -n sw link set ${port} master br0 up`);
    await on("n1", `ip link set ${name} up`);
    await on("n1", `ip address add ${SECOND.address} dev ${name}`);
    await untilProblem("n1", "INTERFACES_SHARE_NETWORK", `interface ${name}`);
    await untilAnsweredBy(mac);
    expect(await countConnections()).toBe(CONNECTIONS);
    // The kernel is told to route by the other one.
    await on("n1", "ip route replace 192.0.2.0/24 dev eth1 metric 0 scope link src 192.0.2.199");
    await on("n1", "ip route add 192.0.2.0/24 dev eth0 metric 100 scope link src 192.0.2.11");
    await untilProblem("n1", "INTERFACES_SHARE_NETWORK", "interface eth0");
    await untilAnsweredBy(SECOND.mac);
    expect(await countConnections()).toBe(CONNECTIONS);
    await on("n1", `ip link delete ${name}`);
    await untilNoProblem("n1", "INTERFACES_SHARE_NETWORK");
    await untilAnsweredBy(mac);
    for (const each of ["all", "default", "eth0"]) await on("n1", `sysctl -qw net.ipv4.conf.${each}.rp_filter=0`);
    expect(await countConnections()).toBe(CONNECTIONS);
  });

  it("L14 an announced address on kube-ipvs0 is a Problem until strictARP keeps the kernel silent", async () => {
    const [n1, n2] = [rack.host("n1"), rack.host("n2")];
    await installation.startSpeaker("n2");
    await until("both hear each other", () => installation.reports().get("n2")?.members.length === 2);
    expect(await installation.untilOwned(echo.ipv4)).toBe("n1");
    await on("n2", "ip link add kube-ipvs0 type bridge");
    await on("n2", `ip address add ${echo.ipv4}/32 dev kube-ipvs0`);
    await untilAnsweredBy(n1.mac, n2.mac);
    const { fix } = await untilProblem("n2", "ADDRESS_ON_LOCAL_INTERFACE", "interface kube-ipvs0");
    expect(fix).toMatch(/strictARP: true/);
    await installation.speaker("n2").waitForLine(/"code":"ADDRESS_ON_LOCAL_INTERFACE"/);
    const metric = 'hawser_speaker_problems{code="ADDRESS_ON_LOCAL_INTERFACE"} 1';
    await until("the metric says so", async () => (await readMetrics(n2)).includes(metric));
    const said = /^AddressOnLocalInterface .*on interface kube-ipvs0 of node "n2": .*strictARP: true/;
    await until("the condition says so", () => said.test(announced()), { lastSeen: announced });
    await on("n2", "sysctl -qw net.ipv4.conf.all.arp_ignore=1");
    await on("n2", "sysctl -qw net.ipv4.conf.all.arp_announce=2");
    await untilNoProblem("n2", "ADDRESS_ON_LOCAL_INTERFACE");
    await untilAnsweredBy(n1.mac);
    await until("the condition is True again", () => announced().startsWith("Announced "), { lastSeen: announced });
    await on("n2", "ip link delete kube-ipvs0");
  });

  it("L14 one that another program put on an interface for clients is announced by nobody until it is removed", async () => {
    const [n1, n2] = [rack.host("n1"), rack.host("n2")];
    await on("n2", `ip address add ${echo.ipv4}/32 dev eth0`);
    const { fix } = await untilProblem("n2", "ADDRESS_ON_LOCAL_INTERFACE", "interface eth0");
    expect(fix).toMatch(/ip address delete ADDRESS dev eth0/);
    await installation
      .speaker("n1")
      .waitForLine(/"code":"SERVICE_ADDRESS_FORBIDDEN".*interface \\"eth0\\" of node \\"n2\\"/);
    await untilAnsweredBy(n2.mac);
    expect(installation.announcers(echo.ipv4)).toEqual([]);
    await on("n2", `ip address delete ${echo.ipv4}/32 dev eth0`);
    await untilNoProblem("n2", "ADDRESS_ON_LOCAL_INTERFACE");
    const owner = await installation.untilOwned(echo.ipv4);
    await untilAnsweredBy(owner === "n1" ? n1.mac : n2.mac);
  });

  it("G a machine without a speaker that has the address is yielded to or defended against, as the pool says, and named", async () => {
    const [owner, { mac: foreign }] = [await installation.untilOwned(echo.ipv4), rack.host("n3")];
    const { mac } = rack.host(owner);
    const pools = join(installation.directory, "pools.yaml");
    const written = readFileSync(pools, "utf8");
    const say = (conflict: string): void =>
      writeFileSync(pools, written.replaceAll("protocol: layer2", `protocol: layer2, conflict: ${conflict}`));
    await on("n3", `ip address add ${echo.ipv4}/32 dev eth0`);
    await untilAnsweredBy(mac, foreign);
    say("yield");
    await untilAnsweredBy(foreign);
    const { what, why } = await untilProblem(owner, "ADDRESS_YIELDED", `speaker ${owner}`);
    expect([what, why]).toEqual([`${owner} does not announce ${echo.ipv4}`, expect.stringContaining(foreign)]);
    expect(installation.announcers(echo.ipv4)).toEqual([]);
    // A router that learns from advertisements knows the address without asking (RFC 9131).
    await learnsUnasked();
    say("defend");
    const known = async () => (await rack.client.run(["ip", "-6", "neigh", "show", "to", echo.ipv6])).stdout;
    const mac6 = rack.host(await installation.untilOwned(echo.ipv6)).mac;
    await until("the router has an entry", async () => (await known()).includes(`lladdr ${mac6}`), { lastSeen: known });
    await untilAnsweredBy(mac, foreign);
    const found = await untilProblem(owner, "ADDRESS_HAS_TWO_OWNERS", `speaker ${owner}`);
    expect(found.what).toBe(`${owner} and the machine ${foreign} both announce ${echo.ipv4}`);
    const defended = /^hawser_speaker_conflict_actions_total\{action="defend"\} [1-9]/m;
    await until("it is defended", async () => defended.test(await readMetrics(rack.host(owner))));
    await on("n3", `ip address delete ${echo.ipv4}/32 dev eth0`);
    await untilAnsweredBy(mac);
  });
});
