import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import type { KubeObject } from "#src/model/object.ts";
import { announcedAddresses } from "#src/model/print-addresses.ts";
import { ANNOUNCED, conditionOf } from "#src/model/service-status.ts";
import type { EventRecord } from "#src/status/event-record.ts";
import { untilOwned } from "./until-owned.ts";
import type { Rack } from "#lab/rack/rack.ts";
import type { RackProcess } from "#lab/rack/rack-process.ts";
import { until } from "#lab/rack/until.ts";

/** What every program logs once it does its work. */
export const readyLine = /"msg":"ready"/;

const CLI = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));

export interface InstallationOptions {
  readonly rack: Rack;
  /** The folder of manifests, on a file system that all programs share. */
  readonly directory: string;
  /** Appended to every speaker's command line. */
  readonly speakerOptions?: readonly string[];
  /** Nodes that run a speaker; default all. */
  readonly speakers?: readonly string[];
  /** So many speakers start beside each other, the next ones when those are ready; default all. */
  readonly startsAtOnce?: number;
  /** How long each may take until it is ready; default a minute. */
  readonly readyMs?: number;
}

/** What a speaker reports of itself, as far as the lab reads it. */
export interface SpeakerReportFile {
  readonly node: string;
  readonly ready: boolean;
  /** As `announcedAddresses` reads them. */
  readonly announcing: readonly unknown[];
  readonly members: readonly { readonly node: string }[];
  readonly problems: readonly ReportedProblem[];
}

/** A Problem in a speaker's report, as far as the lab reads it. */
export interface ReportedProblem {
  readonly code: string;
  readonly what: string;
  readonly why: string;
}

interface ReadReport {
  readonly text: string;
  readonly report: SpeakerReportFile | undefined;
}

/** Hawser as it runs in a rack on a folder of manifests: one controller, a speaker on every node. */
export class RackInstallation implements AsyncDisposable {
  readonly rack: Rack;
  readonly directory: string;
  readonly #speakers = new Map<string, RackProcess>();
  readonly #options: InstallationOptions;
  /** What was read of each report last: a wait looks each 10 ms, and twenty speakers share the CPU with it. */
  readonly #read = new Map<string, ReadReport>();

  #controller: RackProcess;

  private constructor(options: InstallationOptions, controller: RackProcess) {
    this.#options = options;
    this.rack = options.rack;
    this.directory = options.directory;
    this.#controller = controller;
  }

  get controller(): RackProcess {
    return this.#controller;
  }

  /** Starts a controller in place of one that was killed or stopped; resolves when it is ready. */
  async restartController(): Promise<void> {
    this.#controller = await startController(this.#options);
  }

  /** Starts the controller (on the router, which is never cut), then the speakers, and waits until all are ready. */
  static async start(options: InstallationOptions): Promise<RackInstallation> {
    mkdirSync(options.directory, { recursive: true });
    writeFileSync(keyFileOf(options), `${randomBytes(32).toString("base64")}\n`, { mode: 0o600 });
    // Not at once: many speakers that read each of a thousand changes would leave it no CPU.
    const controller = await startController(options);
    const installation = new RackInstallation(options, controller);
    const nodes = options.speakers ?? options.rack.nodes.map(({ name }) => name);
    const { startsAtOnce = nodes.length } = options;
    for (let first = 0; first < nodes.length; first += startsAtOnce)
      await Promise.all(nodes.slice(first, first + startsAtOnce).map(async (node) => installation.startSpeaker(node)));
    return installation;
  }

  speaker(node: string): RackProcess {
    const running = this.#speakers.get(node);
    if (running === undefined) throw new Error(`no speaker runs on ${node}`);
    return running;
  }

  /** Starts the speaker of a node, or starts it again; resolves when it answers and stands for election. */
  async startSpeaker(node: string): Promise<RackProcess> {
    const { rack, speakerOptions = [], readyMs } = this.#options;
    const command = [...this.speakerCommand(node, keyFileOf(this.#options)), ...speakerOptions];
    const ready = { ready: readyLine, ...(readyMs === undefined ? {} : { readyMs }) };
    const speaker = await rack.host(node).spawn({ name: "speaker", command, ...ready });
    this.#speakers.set(node, speaker);
    return speaker;
  }

  /** The command line of a node's speaker with the given key file. */
  speakerCommand(node: string, keyFile: string): readonly string[] {
    const paths = ["--manifests", this.directory, "--heartbeat-key-file", keyFile];
    return [process.execPath, CLI, "speaker", "--node", node, ...paths];
  }

  /** The addresses that a Service's status holds now. */
  assignedAddresses(serviceKey: string): readonly string[] {
    const [namespace = "", name = ""] = serviceKey.split("/");
    const status = readYaml(join(this.directory, ".hawser/status/Service", namespace, `${name}.yaml`)) as
      | { status?: { loadBalancer?: { ingress?: { ip?: string }[] } } }
      | undefined;
    return (status?.status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => (ip === undefined ? [] : [ip]));
  }

  /** Resolves with the addresses of a Service once it has some. */
  untilAssigned(serviceKey: string): Promise<readonly string[]> {
    return until(`${serviceKey} has an address`, () => {
      const addresses = this.assignedAddresses(serviceKey);
      return addresses.length > 0 && addresses;
    });
  }

  /** What the condition hawser.dev/Announced of a Service says: its reason and its message. */
  announcedCondition(serviceKey: string): string {
    const file = join(this.directory, ".hawser/status/Service", `${serviceKey}.yaml`);
    const { reason, message } = conditionOf(parse(readFileSync(file, "utf8")) as KubeObject, ANNOUNCED) ?? {};
    return `${String(reason)} ${String(message)}`;
  }

  /** The Events: about which object, its reason and its message. */
  events(): readonly string[] {
    const lines = readFileSync(join(this.directory, ".hawser/events.jsonl"), "utf8").trim().split("\n");
    return lines.map((line) => {
      const { about, reason, message } = JSON.parse(line) as EventRecord;
      return `${about.kind} ${about.name} ${reason} ${message}`;
    });
  }

  /** What the speakers report, by node. */
  reports(): ReadonlyMap<string, SpeakerReportFile> {
    const folder = join(this.directory, ".hawser/reports");
    const files = readNames(folder).filter((name) => name.startsWith("speaker-") && name.endsWith(".yaml"));
    const reports = files.map((name) => {
      const read = readReport(join(folder, name), this.#read.get(name));
      this.#read.set(name, read);
      return read.report;
    });
    return new Map(reports.filter((report) => report !== undefined).map((report) => [report.node, report]));
  }

  /** The nodes whose speaker says it answers for the address. */
  announcers(ip: string): readonly string[] {
    return [...this.reports().values()]
      .filter(({ announcing }) => announcedAddresses({ announcing }).has(ip))
      .map(({ node }) => node);
  }

  /** Resolves with the owner once the client has learnt its MAC and exactly that node says it announces. */
  untilOwned(ip: string): Promise<string> {
    return untilOwned(this.rack, ip, (address) => this.announcers(address));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#controller, ...this.#speakers.values()].map(async (running) => running.stop()));
  }
}

/** What an ingress pod runs on a folder of manifests; it says `readyLine` when it listens and has its routes. */
export function ingressCommand(directory: string): readonly string[] {
  // The lab takes a pod out of its rules before it ends it, and all nodes of a rack share the cores of one machine.
  return [process.execPath, CLI, "ingress", "--manifests", directory, "--drain-delay=1", "--workers=1"];
}

function keyFileOf({ directory }: InstallationOptions): string {
  return `${directory}.heartbeat-key`;
}

async function startController({ rack, directory }: InstallationOptions): Promise<RackProcess> {
  const command = [process.execPath, CLI, "controller", "--manifests", directory];
  return rack.router.spawn({ name: "controller", command, ready: readyLine });
}

function readNames(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // no speaker has reported yet
  }
}

function readYaml(file: string): unknown {
  return parseYaml(readText(file));
}

/** A report; the one before where the file says the same. */
function readReport(file: string, before: ReadReport | undefined): ReadReport {
  const text = readText(file);
  if (text === before?.text) return before;
  return { text, report: parseYaml(text) as SpeakerReportFile | undefined };
}

/** Empty where it is not written yet. */
function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

function parseYaml(text: string): unknown {
  try {
    return parse(text) ?? undefined;
  } catch {
    return undefined;
  }
}
