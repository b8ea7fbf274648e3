// What docs/layer2.md shows: its commands are run on a rack as they are written, and print what the page says that they print.
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RackInstallation } from "#lab/hawser/installation.ts";
import { echo, writeEchoManifests } from "#lab/probes/echo.ts";
import type { Host } from "#lab/rack/host.ts";
import { Rack } from "#lab/rack/rack.ts";
import type { CommandResult } from "#lab/rack/run-command.ts";
import { until } from "#lab/rack/until.ts";
import { read } from "#test/docs/page.ts";

const CLI = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));
const PAGE = read("docs/layer2.md");
/** The addresses of the page, and those that stand for them here: the rack has the first two on hosts. */
const ADDRESSES = { "192.0.2.1": echo.ipv4, "192.0.2.2": "192.0.2.212", "192.0.2.100": "192.0.2.2" } as const;
const WEB = ADDRESSES["192.0.2.1"];
const LOCAL = ADDRESSES["192.0.2.2"];

/** Commands of the page that are not run here, and why. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  "kubectl cordon": "not of Hawser: the page says what it does not do",
  "kubectl drain": "not of Hawser: the page says what it does not do",
  "hawser drain": "a name of the command alone",
  "hawser explain": "a name of the command alone",
  "hawser capture ADDRESS": "the block below it is run",
  "npm run bench -- mesh": "takes minutes: test/docs/readme.test.ts checks that it exists",
};

/** Blocks that begin with a prompt: the command, and what it prints. */
const shown = [...PAGE.matchAll(/^```\n\$ ([^\n]+)\n([\s\S]*?)^```$/gm)].map(([, command = "", output = ""]) => ({
  command,
  output,
}));
const inText = [...PAGE.matchAll(/`((?:hawser|nft|npm run|ip|conntrack|ping|kubectl) [^`]+)`/g)];
/** Each once, in the order of the page. */
const commands = [...new Set([...shown.map(({ command }) => command), ...inText.map(([, command = ""]) => command)])];

function service(name: string, ip: string, spec: string): string {
  return `apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: shop, annotations: { hawser.dev/load-balancer-ips: "${ip}" } }
spec: { type: LoadBalancer, ports: [{ name: http, port: 80 }]${spec} }
`;
}

const LOCAL_ENDPOINT = `apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: local-1, namespace: shop, labels: { kubernetes.io/service-name: local } }
addressType: IPv4
ports: [{ name: http, port: 80, protocol: TCP }]
endpoints: [{ addresses: [198.51.100.9], nodeName: n1, conditions: { ready: true } }]
`;

/** As the page has it: columns may have other widths, frames other times. */
function comparable(text: string): string {
  return text
    .replaceAll(/\d\d:\d\d:\d\d\.\d{6}/g, "TIME")
    .replaceAll(/ +/g, " ")
    .trim();
}

function withAddresses(text: string): string {
  return text.replaceAll(/192\.0\.2\.(?:100|1|2)(?!\d)/g, (ip) => ADDRESSES[ip as keyof typeof ADDRESSES]);
}

describe.skipIf(process.env["HAWSER_RACK"] !== "1")("13 the commands of docs/layer2.md", () => {
  let rack: Rack;
  let installation: RackInstallation;
  const run = new Set<string>();

  beforeAll(async () => {
    rack = await Rack.build({ nodes: 3 });
    const directory = writeEchoManifests(rack, {
      pools: [`{ name: local, protocol: layer2, addresses: [${LOCAL}/32] }`],
    });
    rmSync(join(directory, "echo.yaml"));
    const objects = [
      service("web", WEB, ""),
      service("local", LOCAL, ", externalTrafficPolicy: Local"),
      LOCAL_ENDPOINT,
    ];
    writeFileSync(join(directory, "shop.yaml"), objects.join("---\n"));
    const speakerOptions = ["--keep-connections=3600", "--answer-ping", "--fail-back-after=0"];
    installation = await RackInstallation.start({ rack, directory, speakerOptions, speakers: ["n1"] });
    await installation.untilOwned(WEB);
    await installation.startSpeaker("n2");
    await untilAllSee(2);
  });
  afterAll(async () => {
    await installation[Symbol.asyncDispose]();
    await rack.close();
  });

  async function untilAllSee(count: number): Promise<void> {
    await until(`${count} speakers see each other`, () => {
      const reports = [...installation.reports().values()];
      return reports.filter(({ ready, members }) => ready && members.length === count).length === count;
    });
  }

  /** Runs a command of the page, with an address for ADDRESS, on a host; the page has to have it. */
  async function runOn(host: Host, command: string, more: readonly string[] = []): Promise<CommandResult> {
    expect(commands).toContain(command);
    run.add(command);
    const words = withAddresses(command).replaceAll("ADDRESS", WEB);
    if (!words.startsWith("hawser ")) return host.run(["sh", "-c", [words, ...more].join(" ")]);
    const args = words.split(" ").slice(1);
    return host.run([process.execPath, CLI, ...args, ...more, "--manifests", installation.directory]);
  }

  const hawser = (command: string, ...more: string[]): Promise<CommandResult> => runOn(rack.router, command, more);

  function outputOf(command: string): string {
    return withAddresses(shown.find((block) => block.command === command)?.output ?? expect.fail(command));
  }

  it("hawser drain: what would move, the drain itself, and its end", async () => {
    const command = "hawser drain n1 --dry-run";
    const { code, stdout } = await hawser(command);
    expect([code, comparable(stdout)]).toEqual([1, comparable(outputOf(command))]);
    const json = JSON.parse((await hawser(command, "-o", "json")).stdout) as Record<string, object[]>;
    expect(PAGE).toContain(
      `{${["node", "dryRun"].map((key) => `"${key}"`).join()},"moved":[{${keysOf(json["moved"])}}],"kept":[{${keysOf(json["kept"])}}],"unfinished":[{`,
    );
    expect(Object.keys(json)).toEqual(["node", "dryRun", "moved", "kept", "unfinished"]);
  });

  it("hawser rebalance --dry-run: what would move", async () => {
    const command = "hawser rebalance --dry-run";
    const { code, stdout } = await hawser(command);
    expect([code, comparable(stdout)]).toEqual([0, comparable(outputOf(command))]);
    const json = JSON.parse((await hawser(command, "-o", "json")).stdout) as Record<string, object[]>;
    expect(PAGE).toContain(`{"dryRun","moved":[{${keysOf(json["moved"])}}],"unmoved":[...]}`);
    expect(Object.keys(json)).toEqual(["dryRun", "moved", "unmoved"]);
  });

  it("the other commands of the hawser program", async () => {
    const { code, stdout } = await hawser("hawser drain n1");
    expect([code, stdout]).toEqual([1, expect.stringMatching(new RegExp(`^moved +${WEB} +shop/web +n2$`, "m"))]);
    expect(await installation.untilOwned(WEB)).toBe("n2");
    expect((await hawser("hawser status")).stdout).toContain("NodeDraining");
    expect((await hawser("hawser drain n1 --undo")).code).toBe(0);
    expect((await hawser("hawser rebalance")).code).toBe(0);
    expect((await hawser("hawser explain ADDRESS")).stdout).toContain("n2");
  });

  it("hawser capture: who asks and who answers", async () => {
    await installation.startSpeaker("n3");
    await untilAllSee(3);
    const [command = ""] = commands.filter((one) => one.startsWith("hawser capture 192"));
    const asked = rack.client.run(["bash", "-c", `sleep 2; ip neigh flush to ${WEB}; echo > /dev/udp/${WEB}/9`]);
    const [{ code, stdout, stderr }] = await Promise.all([hawser(command), asked]);
    expect(code).toBe(0);
    const lines = `${stderr}${stdout}`.split("\n").map(comparable);
    // There the owner is n1, and here n2; the client has another address and the same MAC.
    const page = outputOf(command)
      .replace(/^(\S+ +)n1( .* out .*)02:00:00:00:01:01 \(n1\)/m, "$1n2$202:00:00:00:01:02 (n2)")
      .split("\n")
      .map(comparable);
    expect(lines).toEqual(expect.arrayContaining(page.filter((line) => !/^\d+ frames/.test(line))));
    const json = JSON.parse((await hawser(command, "-o", "json")).stdout) as Record<string, object[]>;
    expect(Object.keys(json)).toEqual(["address", "nodes", "missing", "frames"]);
  });

  it("ping, and the programs of the system", async () => {
    const six = service("six", echo.ipv6, ", ipFamilies: [IPv6]");
    writeFileSync(join(installation.directory, "six.yaml"), six);
    await installation.untilOwned(echo.ipv6);
    const [client, n2] = [rack.client, rack.host("n2")];
    expect(await runOn(client, "ping -s 1472", ["-c 1 -W 5", WEB])).toMatchObject({ code: 0 });
    expect(await runOn(client, "ping -s 1452", ["-c 1 -W 5", echo.ipv6])).toMatchObject({ code: 0 });
    expect(await runOn(n2, "nft list table ip hawser")).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(WEB),
    });
    if ((await n2.run(["sh", "-c", "command -v conntrack"])).code === 0)
      expect(await runOn(n2, "conntrack -L -d ADDRESS")).toMatchObject({ code: 0 });
    else console.warn("SKIPPED conntrack: it is not installed (Debian: conntrack)");
    run.add("conntrack -L -d ADDRESS");
    expect(await runOn(rack.host("n3"), "ip route add local ADDRESS dev lo")).toMatchObject({ code: 0 });
    await installation.speaker("n2").kill();
    expect(await runOn(n2, "nft delete table ip hawser; nft delete table ip6 hawser")).toMatchObject({ code: 0 });
    expect((await n2.run(["nft", "list", "table", "ip", "hawser"])).code).not.toBe(0);
  });

  it("no command of the page is left out", () => {
    expect(commands.filter((command) => !run.has(command) && ELSEWHERE[command] === undefined)).toEqual([]);
    expect(Object.keys(ELSEWHERE).filter((command) => !commands.includes(command))).toEqual([]);
  });
});

/** The keys of the first of some objects, as the page writes them. */
function keysOf(list: readonly object[] = []): string {
  return Object.keys(list[0] ?? expect.fail("at least one"))
    .map((key) => `"${key}"`)
    .join();
}
