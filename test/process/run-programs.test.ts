import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { runController } from "#controller/run-controller.ts";
import { runIngress } from "#ingress/run-ingress.ts";
import { runSpeaker } from "#speaker/run-speaker.ts";
import { eventually } from "#test/support/eventually.ts";
import { testIo } from "#test/support/program-io.ts";

const loopback = ["--admin-address=127.0.0.1", "--admin-port=0"];
const programs = [
  { name: "controller", run: runController, args: loopback, says: "controller started" },
  {
    name: "ingress",
    run: runIngress,
    args: [
      ...loopback,
      "--bind-address=127.0.0.1",
      "--http-port=0",
      "--https-port=0",
      "--default-backend-port=0",
      "--drain-delay=0",
    ],
    says: "ready",
  },
] as const;

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "hawser-run-"));
});
afterEach(async () => rm(directory, { recursive: true, force: true }));

async function freeUdpPort(): Promise<number> {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { port } = socket.address();
  socket.close();
  return port;
}

describe("F a program is a function that a test can call", () => {
  it.each(programs)("$name starts, and ends with 0 when it is asked to", async ({ run, args, says }) => {
    const io = testIo({ HAWSER_MANIFESTS: directory });
    const ended = run(args, io);
    await vi.waitUntil(() => io.logged().some(({ msg }) => msg === says), eventually);
    io.signal("SIGTERM");
    expect([await ended, io.out(), io.err()]).toEqual([0, "", ""]);
    expect(io.logged().at(-1)).toMatchObject({ msg: "shut down" });
  });

  it("speaker starts, joins the others, and ends with 0 when it is asked to", async () => {
    await writeFile(join(directory, "key"), "a key for heartbeats\n");
    await writeFile(
      join(directory, "node.yaml"),
      "{ apiVersion: v1, kind: Node, metadata: { name: n1 }, status: { addresses: [{ type: InternalIP, address: 127.0.0.1 }] } }",
    );
    const io = testIo({ HAWSER_MANIFESTS: directory });
    // An interface that does not exist: it needs no rights, and answers nothing on this machine's own.
    const own = ["--node=n1", "--interfaces=none", `--heartbeat-key-file=${join(directory, "key")}`];
    const ended = runSpeaker([...loopback, ...own, `--heartbeat-port=${await freeUdpPort()}`], io);
    await vi.waitUntil(() => io.logged().some(({ msg }) => msg === "ready"), eventually);
    expect(await readdir(join(directory, ".hawser"), { recursive: true })).toContainEqual(
      expect.stringContaining("member-n1"),
    );
    io.signal("SIGTERM");
    expect([await ended, io.out(), io.err()]).toEqual([0, "", ""]);
    expect(io.logged().at(-1)).toMatchObject({ msg: "shut down" });
  });

  it.each([...programs, { name: "speaker", run: runSpeaker }])(
    "$name prints its help, and refuses what it does not know, without a process of its own",
    async ({ name, run }) => {
      const io = testIo();
      expect(await run(["--help"], io)).toBe(0);
      expect(io.out()).toMatch(new RegExp(`^Usage: hawser ${name} `));
      expect(await run(["--manifest=x"], io)).toBe(2);
      expect(io.err()).toContain(
        "--manifest: Unknown option: this command does not have it. Did you mean --manifests?",
      );
    },
  );

  it("speaker refuses a key file that does not exist", async () => {
    const io = testIo();
    expect(await runSpeaker(["--heartbeat-key-file", join(directory, "none")], io)).toBe(2);
    expect(io.err()).toContain("[HEARTBEAT_KEY_UNUSABLE]");
  });

  it("speaker refuses a window for fail-back that it cannot read", async () => {
    await writeFile(join(directory, "key"), "a key for heartbeats\n");
    const io = testIo();
    const own = [`--heartbeat-key-file=${join(directory, "key")}`, "--fail-back-window=22-04"];
    expect(await runSpeaker(own, io)).toBe(2);
    expect(io.err()).toMatch(/^--fail-back-window: Cannot read "22-04": it is not HH:MM-HH:MM.*22:00-04:30/);
  });

  it.each(programs)("$name refuses to start without a folder and without a cluster", async ({ run, args }) => {
    const io = testIo();
    expect(await run(args, io)).toBe(2);
    expect(io.err()).toContain("[SOURCE_MISSING]");
  });

  it("shared options have one wording in all programs", async () => {
    const texts = await Promise.all(
      [runController, runSpeaker, runIngress].map(async (run) => {
        const io = testIo();
        await run(["--help"], io);
        return io.out();
      }),
    );
    const helpOf = (text: string, flag: string) => new RegExp(`^ +${flag} \\S+ +(.*)$`, "m").exec(text)?.[1];
    for (const flag of ["--manifests", "--kubeconfig", "--namespace", "--log-level"]) {
      expect(helpOf(texts[0] ?? "", flag)).toBeDefined();
      expect(new Set(texts.map((text) => helpOf(text, flag))).size).toBe(1);
    }
    expect(new Set(texts.slice(0, 2).map((text) => helpOf(text, "--config-map"))).size).toBe(1);
  });
});
