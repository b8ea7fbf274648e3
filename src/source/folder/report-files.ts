import { readFile, rm } from "node:fs/promises";
import { parse, stringify } from "yaml";
import type { ReportTopic } from "#src/source/source.ts";
import { reportPath } from "./status-path.ts";
import { isRecord } from "#src/model/record.ts";
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

  constructor(options: ReportFilesOptions) {
    this.#options = options;
  }

  /** All reports as last seen, by name. */
  all(): ReadonlyMap<string, Report> {
    return this.#reports;
  }

  /** Reads one report; a file that is gone or broken counts as no report. */
  async read(name: string): Promise<void> {
    const text = await readFile(this.#path(name), "utf8").catch(() => "");
    this.#set(name, readReport(text));
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
    this.#set(name, readReport(text));
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

  #set(name: string, report: Report | undefined): void {
    const next = new Map(this.#reports);
    if (report === undefined) next.delete(name);
    else next.set(name, report);
    this.#reports = next;
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
