import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { chaptersOf, runDemo } from "#test/support/run-demo.ts";

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
    .filter((line) => /lab\/demo\/main|lab\/pod-server|(cli|controller|speaker|ingress)\/main\.ts/.test(line));
}

describe.skipIf(process.env["HAWSER_RACK"] !== "1")("hawser demo --json", { timeout: 240_000 }, () => {
  it("tells the main job in order and ends ok, leaving nothing behind", async () => {
    const { events, code } = await runDemo([]);
    expect(code).toBe(0);
    expect(chaptersOf(events)).toEqual([
      "rack",
      "started",
      "assigned",
      "arp",
      "page",
      "crash",
      "returned",
      "move",
      "drain",
      "conflict",
      "defended",
      "assigned",
      "exhausted",
      "picked-up",
      "explained",
      "ui",
      "said",
      "done",
    ]);
    expect(events.at(-1)).toMatchObject({ event: "done", ok: true, movedLost: 0 });
    expect(events.find(({ event }) => event === "exhausted")).toMatchObject({ reason: "PoolExhausted" });
    const drained = events.find(({ event }) => event === "drain");
    expect(drained).toMatchObject({ alive: drained?.["connections"], lost: 0 });
    expect(events.find(({ event }) => event === "said")).toMatchObject({ reason: "MultipleOwners" });
    // The router has the address, too.
    expect(events.find(({ event }) => event === "explained")).toMatchObject({ bad: 1 });
    expect(events.find(({ event }) => event === "ui")).toMatchObject({ services: 3, speakers: 3 });
    const alternating = events.find(({ url }) => url === "www.kgc.com/")?.["pods"] as string[];
    expect(new Set(alternating).size).toBe(2);
    expect(leftBehind()).toEqual([]);
  });

  it("cleans up when it is interrupted in the middle", async () => {
    const { events, code } = await runDemo([], {
      onEvent: ({ event }, child) => {
        if (event === "assigned") child.kill("SIGINT");
      },
    });
    expect(code).toBe(130);
    expect(events.at(-1)).toMatchObject({ event: "done", ok: false, error: "interrupted" });
    expect(leftBehind()).toEqual([]);
  });

  it("O15 cleans up when its command is killed in the middle", async () => {
    // The end of the events is the end of all processes that could write one.
    const { events } = await runDemo([], {
      onEvent: ({ event }, child) => {
        if (event === "assigned") child.kill("SIGKILL");
      },
    });
    expect(events.at(-1)).toMatchObject({ event: "done", ok: false, error: "interrupted" });
    expect(leftBehind()).toEqual([]);
  });

  it("keeps the rack until Ctrl-C with --keep, and says how to enter it, how to see its status, and where its page is", async () => {
    let status = "";
    let page = "";
    const { events, code } = await runDemo(["--keep", "--tour=explain,arp"], {
      onEvent: ({ event, status: command, page: url }, child) => {
        if (event !== "kept") return;
        status = execFileSync("sh", ["-c", String(command)], { encoding: "utf8" });
        const fetched = `fetch("${String(url)}").then(async (got) => console.log(got.status, await got.text()))`;
        page = execFileSync(process.execPath, ["-e", fetched], { encoding: "utf8" });
        child.kill("SIGINT");
      },
    });
    // 14 H: chapters alone, in the order of the story.
    expect(chaptersOf(events)).toEqual(["rack", "started", "assigned", "arp", "explained", "ui", "kept", "done"]);
    expect(page).toMatch(/^200 <!doctype html>/);
    expect(status).toMatch(
      /^hawser-system\/hawser-ingress +192\.0\.2\.211 +default +n[123] +n[123](?:, n[123])* +[1-9] of [1-9] +\d+s +Announced$/m,
    );
    const kept = events.find(({ event }) => event === "kept")?.["enter"] as Record<string, string>;
    expect(Object.keys(kept)).toEqual(["client", "n1", "n2", "n3"]);
    expect(kept["n1"]).toContain("nsenter");
    expect(events.at(-1)).toMatchObject({ event: "done", ok: true });
    expect(code).toBe(0);
    expect(leftBehind()).toEqual([]);
  });
});
