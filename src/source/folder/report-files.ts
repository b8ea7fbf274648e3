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

interface KnownFile {
  /** Of its text, as it was read or written last. */
  readonly version: string;
  /** False: we wrote it, and it was not read since. What is there then is news, the same text and none at all as well. */
  readonly isTold: boolean;
}

/** No report is there: what `FileTree` calls missing, and a folder. Any other error says nothing of the file. */
const NOT_THERE: ReadonlySet<string | undefined> = new Set(["ENOENT", "ENOTDIR", "ELOOP", "EISDIR"]);

/** What programs report of themselves on one topic: one file for each, written by that program alone, removed when it ends well, unless they are of the topic `history`. */
export class ReportFiles {
  readonly #options: ReportFilesOptions;
  readonly #own = new Set<string>();
  #written: Promise<void> = Promise.resolve();
  #reports: ReadonlyMap<string, Report> = new Map();
  /** The files with any text. */
  readonly #known = new Map<string, KnownFile>();
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

  /**
   * Reads one report; a file that is gone or broken counts as no report. True if it says something else now. Rejects where the
   * file cannot be read: what it said last stays.
   */
  async read(name: string): Promise<boolean> {
    const before = this.#known.get(name)?.version;
    const text = await readText(this.#path(name));
    const [version, now] = [text === "" ? undefined : versionOf(text), this.#known.get(name)?.version];
    // We wrote it ourselves meanwhile: what was read is out of date.
    if (now !== before && now !== version) return false;
    return this.#take(name, text, version);
  }

  /** The files of all that had a text when they were read or written last. */
  paths(): readonly string[] {
    return [...this.#known.keys()].map((name) => this.#path(name));
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
    const version = versionOf(text);
    // A `read` was quicker.
    if (this.#known.get(name)?.version === version) return;
    // Shown at once; the next `read` tells that it changed, as it does of the reports of others.
    this.#known.set(name, { version, isTold: false });
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

  /** True if the text is another one than the last `read` took, or is read for the first time since we wrote it. */
  #take(name: string, text: string, version: string | undefined): boolean {
    const known = this.#known.get(name);
    if (version === undefined) this.#known.delete(name);
    else this.#known.set(name, { version, isTold: true });
    if (known?.version === version) return known?.isTold === false;
    this.#unread.set(name, text);
    return true;
  }
}

/** Empty where no file is. */
async function readText(path: string): Promise<string> {
  return readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (NOT_THERE.has(error.code)) return "";
    throw error;
  });
}

function readReport(text: string): Report | undefined {
  try {
    const value: unknown = parse(text, { maxAliasCount: 0 });
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
