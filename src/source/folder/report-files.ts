import { readFile, rm } from "node:fs/promises";
import { parse, stringify } from "yaml";
import type { ReportTopic } from "#src/source/source.ts";
import { reportPath } from "./status-path.ts";
import { isRecord } from "#src/model/record.ts";
import { versionOf } from "./version-of.ts";
import { writeWhole } from "./write-whole.ts";

export interface ReportFilesOptions {
  readonly directory: string;
  readonly topic: ReportTopic;
  nowMs(): number;
}

type Report = Readonly<Record<string, unknown>>;

/** What programs report of themselves on one topic: one file for each, written by that program alone, removed when it ends well, unless they are of the topic `history`. */
export class ReportFiles {
  readonly #options: ReportFilesOptions;
  readonly #own = new Set<string>();
  #written: Promise<void> = Promise.resolve();
  #reports: ReadonlyMap<string, Report> = new Map();
  /** Of each file with any text, what tells its text from another one. */
  readonly #versions = new Map<string, string>();
  /** Texts since `all` was called last, by name; empty where the file is gone. Most programs read those of few topics. */
  readonly #unread = new Map<string, string>();

  constructor(options: ReportFilesOptions) {
    this.#options = options;
  }

  /** All reports as last seen, by name; the same map until one of them changes. */
  all(): ReadonlyMap<string, Report> {
    if (this.#unread.size === 0) return this.#reports;
    const reports = new Map(this.#reports);
    for (const [name, text] of this.#unread) {
      const report = readReport(text);
      if (report === undefined) reports.delete(name);
      else reports.set(name, report);
    }
    this.#unread.clear();
    this.#reports = reports;
    return reports;
  }

  /** Reads one report; a file that is gone or broken counts as no report. True if it says something else now. */
  async read(name: string): Promise<boolean> {
    return this.#take(name, await readFile(this.#path(name), "utf8").catch(() => ""));
  }

  /** Publishes our own report, after those given before. Adds `reportedAt`, in ISO 8601. */
  async write(name: string, value: Report): Promise<void> {
    const written = this.#written.then(async () => this.#write(name, value));
    this.#written = written.catch(() => undefined);
    await written;
  }

  async #write(name: string, value: Report): Promise<void> {
    const { nowMs } = this.#options;
    const report = { ...value, reportedAt: new Date(nowMs()).toISOString() };
    const end = this.#options.topic === "history" ? "Kept when the program ends." : "Removed on a clean shutdown.";
    const header = `# Written by Hawser: status report of ${name}. ${end}\n`;
    const text = `${header}${stringify(report, { aliasDuplicateObjects: false })}`;
    this.#own.add(name);
    await writeWhole(this.#path(name), text, { durable: false, nowMs });
    // Shown at once; the next `read` tells that it changed, as it does of the reports of others.
    this.#unread.set(name, text);
  }

  /** Removes our own reports, unless their topic is kept. */
  async close(): Promise<void> {
    await this.#written;
    if (this.#options.topic === "history") return;
    for (const name of this.#own) await rm(this.#path(name), { force: true });
  }

  #path(name: string): string {
    const { directory, topic } = this.#options;
    return reportPath(directory, topic, name);
  }

  /** True if the text is another one than before. */
  #take(name: string, text: string): boolean {
    const version = text === "" ? undefined : versionOf(text);
    if (this.#versions.get(name) === version) return false;
    if (version === undefined) this.#versions.delete(name);
    else this.#versions.set(name, version);
    this.#unread.set(name, text);
    return true;
  }
}

function readReport(text: string): Report | undefined {
  try {
    const value: unknown = parse(text, { maxAliasCount: 0 });
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
