import { mkdtemp, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { stringify } from "yaml";
import { type CaptureReport, printCaptureReport } from "#src/model/capture-report.ts";
import type { Fields } from "#src/model/record.ts";
import { createLogger } from "#src/process/log.ts";
import { openFolderSource } from "#src/source/folder/folder.ts";
import type { Source } from "#src/source/source.ts";
import { arpFrame, nodeMac, solicitation } from "#test/layer2/neighbor-frames.ts";
import { eventually } from "#test/support/eventually.ts";
import { readPcapng } from "#test/support/read-pcapng.ts";
import { callCli, startCli } from "./run-cli.ts";

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const VIP = "192.0.2.200";
const NODES = ["n1", "n2"];
const AT_NS = 1_764_511_200_123_456_789n;
const asks = arpFrame("request", { from: "192.0.2.1", to: VIP });
const answers = arpFrame("reply", { from: VIP, to: "192.0.2.1", mac: nodeMac });
const announces = arpFrame("request", { from: VIP, to: VIP, mac: nodeMac });
const probes = arpFrame("request", { from: "0.0.0.0", to: VIP });
const ofOthers = arpFrame("request", { from: "192.0.2.1", to: "192.0.2.9" });

/** What a played speaker says; undefined: nothing. */
type Answer = Partial<CaptureReport> | undefined;

function frame(bytes: Uint8Array, afterUs: number, isSent = false): CaptureReport["frames"][number] {
  return { atNs: AT_NS + BigInt(afterUs) * 1_000n, interfaceIndex: 0, isSent, bytes };
}

const sees: Answer = { frames: [frame(asks, 0), frame(answers, 90, true)] };
const alsoSees: Answer = { frames: [frame(asks, 20), frame(ofOthers, 30), frame(announces, 5_000)] };

interface World {
  readonly directory: string;
  readonly source: Source;
  /** What was written on the Nodes, without what was taken back. */
  wish(node: string): string | undefined;
}

/** A folder with two Nodes and their speakers, which answer as they are told to. */
async function world(play: Readonly<Record<string, Answer>>): Promise<World> {
  const directory = await mkdtemp(join(tmpdir(), "hawser-capture-"));
  closers.push(async () => rm(directory, { recursive: true, force: true }));
  const nodes = NODES.map((name) => stringify({ apiVersion: "v1", kind: "Node", metadata: { name } }));
  await writeFile(join(directory, "all.yaml"), nodes.join("---\n"));
  const source = openFolderSource({ directory, log: createLogger({ component: "test", level: "silent" }) });
  const wish = (node: string): string | undefined =>
    source.get("Node", node)?.metadata.annotations["hawser.dev/capture"];
  const answered = new Map<string, string>();
  function answer(node: string): void {
    const asked = wish(node);
    const said = play[node];
    if (asked === undefined || said === undefined || answered.get(node) === asked) return;
    answered.set(node, asked);
    const interfaces = [{ name: "eth0", mac: node === "n1" ? "02:00:5e:10:00:01" : "02:00:5e:10:00:02" }];
    const report = { node, asked, why: "", interfaces, frames: [], isCut: false, ...said };
    void source.report(`capture-${node}`, printCaptureReport(report), { topic: "capture" });
  }
  await source.open(["Node"], { onChange: () => NODES.forEach(answer), onProblems: () => undefined });
  closers.push(async () => source.close());
  for (const [index, node] of NODES.entries()) {
    const interfaces = [{ name: "eth0", mac: `02:00:5e:10:00:0${index + 1}`, subnets: [], addresses: [] }];
    const record = { node, addresses: [`192.0.2.1${index}`], keys: [], interfaces };
    await source.report(`member-${node}`, record, { topic: "member" });
  }
  return { directory, source, wish };
}

describe("hawser capture", () => {
  it("J prints what all nodes saw in the order of time, whose Ethernet address it is, and takes the wish back", async () => {
    const { directory, wish } = await world({ n1: sees, n2: alsoSees });
    const { code, stdout, stderr } = await callCli(["capture", VIP, "--for", "100ms", "--manifests", directory]);
    expect([code, stderr, stdout.split("\n")]).toEqual([
      0,
      "capture: ARP and NDP about 192.0.2.200 on 2 nodes for 0.1 s\n",
      [
        "TIME             NODE  INTERFACE  WAY  FRAME",
        "14:00:00.123456  n1    eth0       in   192.0.2.1 at 02:42:0a:00:00:01 asks for 192.0.2.200",
        "14:00:00.123476  n2    eth0       in   192.0.2.1 at 02:42:0a:00:00:01 asks for 192.0.2.200",
        "14:00:00.123546  n1    eth0       out  02:00:5e:10:00:01 (n1) answers 192.0.2.1: it has 192.0.2.200",
        "14:00:00.128456  n2    eth0       in   02:00:5e:10:00:01 (n1) says unasked that it has 192.0.2.200",
        "",
        "4 frames on 2 nodes.",
        "",
      ],
    ]);
    await vi.waitFor(() => expect(NODES.map(wish)).toEqual([undefined, undefined]), eventually);
  });

  it("J writes a file that only its user may read, with the interface of each frame, and to standard output", async () => {
    const { directory } = await world({ n1: sees, n2: alsoSees });
    const file = join(directory, "seen.pcapng");
    const args = ["capture", VIP, "--for", "100ms", "--manifests", directory];
    const { code, stdout } = await callCli([...args, "-w", file]);
    expect([code, stdout, (await stat(file)).mode & 0o777]).toEqual([0, `${file}\n`, 0o600]);
    const packets = readPcapng(await readFile(file));
    expect(packets.map(({ interfaceName, direction }) => `${interfaceName} ${direction}`)).toEqual([
      "n1/eth0 in",
      "n2/eth0 in",
      "n1/eth0 out",
      "n2/eth0 in",
    ]);
    expect(packets[0]).toMatchObject({ atNs: AT_NS, bytes: asks });
    const running = startCli([...args, "-w", "-"]);
    const chunks: Buffer[] = [];
    running.child.stdout?.setEncoding("latin1").on("data", (text: string) => chunks.push(Buffer.from(text, "latin1")));
    expect((await running.ended).code).toBe(0);
    expect(readPcapng(Buffer.concat(chunks)).map(({ atNs }) => atNs)).toEqual(packets.map(({ atNs }) => atNs));
  });

  it("J names the speakers from which something is missing, with code 3, and shows what the others saw as JSON", async () => {
    const { directory } = await world({ n1: { ...sees, why: "lan: EPERM" }, n2: undefined });
    const args = ["capture", VIP, "--for", "100ms", "--manifests", directory, "-o", "json"];
    const { code, stdout, stderr } = await callCli(args);
    expect(code).toBe(3);
    expect(stderr).toContain("hawser capture: n2: its speaker did not answer");
    expect(stderr).toContain("hawser capture: n1: lan: EPERM");
    const said = JSON.parse(stdout) as Fields;
    expect(said).toMatchObject({
      address: VIP,
      nodes: ["n1"],
      missing: [{ node: "n2" }, { node: "n1", why: "lan: EPERM" }],
      frames: [
        { at: "2025-11-30T14:00:00.123456789Z", node: "n1", interface: "eth0", way: "in", protocol: "arp" },
        {
          operation: "answer",
          mac: "02:00:5e:10:00:01",
          macNode: "n1",
          sender: VIP,
          target: "192.0.2.1",
          unasked: false,
        },
      ],
    });
  });

  it.each([
    { name: "was cut", says: { ...sees, isCut: true }, code: 3, stderr: "ended early after 2 frames" },
    {
      name: "is refused",
      says: { interfaces: [], why: "no Service has this address" },
      code: 1,
      stderr: "n1: no Service has this address",
    },
  ])("J of a capture that $name it says so, with code $code", async ({ says, code, stderr }) => {
    const { directory } = await world({ n1: says, n2: says });
    const result = await callCli(["capture", VIP, "--for", "100ms", "--manifests", directory, "--nodes", "n1"]);
    expect(result.code).toBe(code);
    expect(result.stderr).toContain(stderr);
  });

  it.each([
    { name: "nothing", frames: [], says: "No ARP or NDP frame about 192.0.2.200 was seen on 2 nodes.\n" },
    {
      name: "a probe",
      frames: [frame(probes, 0)],
      says: "02:42:0a:00:00:01 asks whether another machine has 192.0.2.200\n",
    },
    {
      name: "no other protocol and address",
      frames: [frame(solicitation("2001:db8::1"), 0)],
      says: "No ARP or NDP frame",
    },
  ])("J shows $name", async ({ frames, says }) => {
    const { directory } = await world({ n1: { frames }, n2: {} });
    const { code, stdout } = await callCli(["capture", VIP, "--for", "100ms", "--manifests", directory]);
    expect([code, stdout]).toEqual([0, expect.stringContaining(says)]);
  });

  it.each([
    { args: [], code: 2, says: "give one ADDRESS" },
    { args: [VIP, "192.0.2.1"], code: 2, says: "give one ADDRESS" },
    { args: ["shop/web"], code: 2, says: '"shop/web" is not an IP address' },
    { args: [VIP, "--for", "2m"], code: 2, says: "--for 2m is longer than 60s" },
    { args: [VIP, "--for", "soon"], code: 2, says: "--for soon is not a duration" },
    { args: [VIP, "-w", ""], code: 2, says: "name a file with -w" },
    { args: [VIP, "-w", "x", "-o", "json"], code: 2, says: "give -w or -o, not both" },
    { args: [VIP, "--nodes", "n1,n7"], code: 1, says: 'no speaker runs on a node "n7"' },
  ])("J refuses $args with code $code", async ({ args, code, says }) => {
    const { directory, wish } = await world({ n1: sees, n2: sees });
    const result = await callCli(["capture", ...args, "--manifests", directory]);
    expect([result.code, result.stdout]).toEqual([code, ""]);
    expect(result.stderr).toContain(says);
    expect(NODES.map(wish)).toEqual([undefined, undefined]);
  });

  it("J leaves a capture of another person alone, and takes no notice of one that was left behind", async () => {
    const { directory, source, wish } = await world({ n1: sees, n2: sees });
    const write = async (value: string) =>
      source.patch({ kind: "Node", namespace: "", name: "n2" }, { annotations: { "hawser.dev/capture": value } });
    const args = ["capture", VIP, "--for", "100ms", "--manifests", directory];
    const running = `192.0.2.7 30000 ${new Date().toISOString()}`;
    await write(running);
    const refused = await callCli(args);
    expect([refused.code, refused.stdout, wish("n2")]).toEqual([1, "", running]);
    expect(refused.stderr).toContain("a capture of 192.0.2.7 runs on node n2");
    await write("192.0.2.7 30000 2026-01-01T00:00:00.000Z");
    expect((await callCli(args)).code).toBe(0);
  });

  it("J takes the wish back where a person ends it, and not that of another person", async () => {
    const { directory, source, wish } = await world({ n1: undefined, n2: undefined });
    const running = startCli(["capture", VIP, "--for", "60s", "--manifests", directory]);
    await vi.waitFor(() => expect(NODES.map(wish)).not.toContain(undefined), eventually);
    const other = `192.0.2.7 30000 ${new Date().toISOString()}`;
    const ref = { kind: "Node", namespace: "", name: "n2" } as const;
    await source.patch(ref, { annotations: { "hawser.dev/capture": other } });
    running.child.kill("SIGINT");
    const { code, stdout } = await running.ended;
    expect([code, stdout]).toEqual([1, ""]);
    await vi.waitFor(() => expect(NODES.map(wish)).toEqual([undefined, other]), eventually);
  });

  it("J says why a file cannot be written: a link may be another user's", async () => {
    const { directory } = await world({ n1: sees, n2: sees });
    const link = join(directory, "link.pcapng");
    await symlink("/dev/null", link);
    const { code, stderr } = await callCli(["capture", VIP, "--for", "100ms", "--manifests", directory, "-w", link]);
    expect(code).toBe(1);
    expect(stderr).toContain("it is a symbolic link");
  });
});
