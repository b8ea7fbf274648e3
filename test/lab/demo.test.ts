import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const CLI = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));

interface Told {
  readonly event: string;
  readonly [name: string]: unknown;
}

/** Runs `hawser demo`; `onEvent` may act on the process as the story goes. */
async function runDemo(args: readonly string[], onEvent: (event: Told, child: ChildProcess) => void = () => undefined) {
  const child = spawn(process.execPath, [CLI, "demo", "--json", ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const events: Told[] = [];
  for await (const line of createInterface(child.stdout)) {
    const event = JSON.parse(line) as Told;
    events.push(event);
    onEvent(event, child);
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  return { events, code: child.exitCode };
}

/** Processes of Hawser or of a rack that are still there. */
function leftBehind(): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
      } catch {
        return ""; // it ended meanwhile
      }
    })
    .filter((line) => /lab\/demo\/main|lab\/pod-server|(controller|speaker|ingress)\/main\.ts/.test(line));
}

describe.skipIf(process.env["HAWSER_RACK"] !== "1")("hawser demo --json", { timeout: 240_000 }, () => {
  it("tells the main job in order and ends ok, leaving nothing behind", async () => {
    const { events, code } = await runDemo([]);
    const names = events.map(({ event }) => event);
    expect(code).toBe(0);
    expect(names.filter((name, index) => name !== names[index - 1])).toEqual([
      "rack",
      "started",
      "assigned",
      "arp",
      "page",
      "crash",
      "returned",
      "move",
      "assigned",
      "exhausted",
      "picked-up",
      "done",
    ]);
    expect(events.at(-1)).toMatchObject({ event: "done", ok: true, movedLost: 0 });
    expect(events.find(({ event }) => event === "exhausted")).toMatchObject({ reason: "PoolExhausted" });
    const alternating = events.find(({ url }) => url === "www.kgc.com/")?.["pods"] as string[];
    expect(new Set(alternating).size).toBe(2);
    expect(leftBehind()).toEqual([]);
  });

  it("cleans up when it is interrupted in the middle", async () => {
    const { events, code } = await runDemo([], ({ event }, child) => {
      if (event === "assigned") child.kill("SIGINT");
    });
    expect(code).toBe(130);
    expect(events.at(-1)).toMatchObject({ event: "done", ok: false, error: "interrupted" });
    expect(leftBehind()).toEqual([]);
  });

  it("keeps the rack until Ctrl-C with --keep, and says how to enter it and how to see its status", async () => {
    let status = "";
    const { events, code } = await runDemo(["--keep"], ({ event, status: command }, child) => {
      if (event !== "kept") return;
      status = execFileSync("sh", ["-c", String(command)], { encoding: "utf8" });
      child.kill("SIGINT");
    });
    expect(status).toMatch(/^hawser-system\/hawser-ingress +192\.0\.2\.211 +default +n[123] +AddressAssigned$/m);
    const kept = events.find(({ event }) => event === "kept")?.["enter"] as Record<string, string>;
    expect(Object.keys(kept)).toEqual(["client", "n1", "n2", "n3"]);
    expect(kept["n1"]).toContain("nsenter");
    expect(events.at(-1)).toMatchObject({ event: "done", ok: true });
    expect(code).toBe(0);
    expect(leftBehind()).toEqual([]);
  });
});
