import { existsSync, globSync } from "node:fs";
import { basename } from "node:path";
import { describe, expect, it } from "vitest";
import { exportsOf } from "./exports.ts";
import { read, root } from "./page.ts";

/** Programs: what they are is in their first comment, and nobody imports them. */
const PROGRAMS = new Set([
  "controller/main.ts",
  "controller/page-worker.ts",
  "speaker/main.ts",
  "speaker/worker.ts",
  "ingress/main.ts",
  "ingress/auth/password-worker.ts",
  "ingress/worker.ts",
  "cli/main.ts",
  "cli/plug-in.ts",
  "bench/main.ts",
  "bench/scale/asker.ts",
  "bench/arp.ts",
  "bench/assign.ts",
  "bench/churn.ts",
  "bench/cores.ts",
  "bench/dead-node.ts",
  "bench/dead-node/clients.ts",
  "bench/failover.ts",
  "bench/http.ts",
  "bench/http/idle-clients.ts",
  "bench/memory.ts",
  "bench/mesh.ts",
  "bench/partition.ts",
  "bench/routes.ts",
  "bench/scale.ts",
  "bench/spurious.ts",
  "lab/cluster/main.ts",
  "lab/demo/main.ts",
  "lab/demo/page-main.ts",
  "lab/faults/relay-main.ts",
  "lab/probes/asked-main.ts",
  "lab/probes/connections-main.ts",
  "lab/probes/prober-main.ts",
  "lab/rack/pod-server.ts",
]);

/** Files that hold several things of one kind, none of which is the main one. */
const COLLECTIONS: Readonly<Record<string, string>> = {
  "src/ip/address.ts": "Ip, and all that is done with one address",
  "src/model/service-status.ts": "what a Service's status and annotations say of its addresses",
  "src/process/option-groups.ts": "options that several programs have",
  "src/source/folder/folder-problems.ts": "the Problems of a folder of manifests",
  "controller/service-events.ts": "the Events about Services",
  "controller/why-unannounced.ts": "the reasons why an address is not announced, in words",
  "ingress/engine/request-route.ts": "the texts of a request that the route is chosen by",
  "src/process/clock.ts": "the two clocks, and waiting",
  "src/wire/nf-expression.ts": "the expressions of a rule of nftables, each a function",
  "lab/demo/chapters.ts": "the chapters of the demo, each a function",
  "lab/install/node-config.ts": "the configuration files of a real node",
  "ingress/engine/ascii.ts": "bytes by name, and what they are in a message",
};

/** The words of a name, each in the singular: `readHeartbeatKeys`, `HEARTBEAT_KEYS`, `heartbeat-key` are alike. */
function wordsOf(name: string): readonly string[] {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1-$2")
    .replaceAll(/([A-Z])([A-Z][a-z])/g, "$1-$2")
    .toLowerCase()
    .split(/[-_]/)
    .map((word) => word.replace(/ies$/, "y").replace(/(?<!s)s$/, ""));
}

/** Whether every word of the file's name is in the name of one thing that it exports. */
function isNamed(path: string): boolean {
  const words = wordsOf(basename(path, ".ts"));
  return exportsOf(read(path)).some((name) => words.every((word) => wordsOf(name).includes(word)));
}

const files = globSync("{src,native,controller,speaker,ingress,cli,lab,bench}/**/*.ts", { cwd: root }).toSorted();

describe("a file of the product, the lab and the benches", () => {
  it("is named after something that it exports", () => {
    expect(files.length).toBeGreaterThan(300);
    const isExcused = (path: string): boolean => PROGRAMS.has(path) || Object.hasOwn(COLLECTIONS, path);
    expect(files.filter((path) => !isExcused(path) && !isNamed(path))).toEqual([]);
  });

  it("is excused from that only where it has to be", () => {
    const excused = [...PROGRAMS, ...Object.keys(COLLECTIONS)];
    expect(excused.filter((path) => !existsSync(root + path) || isNamed(path))).toEqual([]);
  });

  it.each([
    { path: "src/assignment/plan.ts", name: "planAssignments" },
    { path: "speaker/heartbeat-keys.ts", name: "readHeartbeatKeys" },
  ])("such as $path, which exports $name", ({ path, name }) => {
    expect([isNamed(path), exportsOf(read(path)).includes(name)]).toEqual([true, true]);
  });
});
