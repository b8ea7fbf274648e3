import { gzipSync } from "node:zlib";
import { parseJson } from "#src/model/parse-json.ts";
import { type TarEntry, writeTar } from "#src/process/tar.ts";
import { redactText } from "./redact-text.ts";
import { redactValue } from "./redact-value.ts";

/** Bytes of one file, and of all, before they are compressed. */
const MAX_FILE_BYTES = 4 << 20;
const MAX_BYTES = 48 << 20;
const CUT = "\n... CUT: the rest is left out\n";

/** A bundle of files for a report: nothing gets in that was not redacted, and it is bounded. */
export class ReportBundle {
  readonly #folder: string;
  readonly #files: TarEntry[] = [];
  readonly #missing: string[] = [];
  #bytes = 0;

  /** `folder`: where its files are in the archive. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  get count(): number {
    return this.#files.length;
  }

  /** Adds a text; a line of it that is JSON is redacted as such. */
  addText(name: string, text: string): void {
    this.#add(name, redactLines(text));
  }

  /** Adds values, each as JSON on a line; those that have no room are left out. */
  addValues(name: string, values: readonly unknown[]): void {
    const lines: string[] = [];
    let length = 0;
    for (const value of values) {
      const line = `${JSON.stringify(redactValue(value))}\n`;
      length += line.length;
      if (length > MAX_FILE_BYTES) {
        this.addMissing(`${name}: ${values.length - lines.length} of ${values.length} objects have no room`);
        break;
      }
      lines.push(line);
    }
    this.#add(name, lines.join(""));
  }

  /** Notes what is not in the bundle, and why. */
  addMissing(text: string): void {
    this.#missing.push(redactText(text));
  }

  /** The archive, as tar compressed by gzip. */
  archive(): Uint8Array {
    const missing = this.#missing.length === 0 ? "Nothing is missing.\n" : `${this.#missing.join("\n")}\n`;
    const files = [...this.#files, this.#entry("MISSING.txt", missing)];
    return gzipSync(Buffer.concat([...writeTar(files)]));
  }

  #add(name: string, text: string): void {
    const bytes = Buffer.from(text);
    // Of a log the end says most, of all else the begin.
    const isLog = name.endsWith(".log");
    const content = bytes.length <= MAX_FILE_BYTES ? bytes : cut(bytes, isLog);
    if (content.length < bytes.length)
      this.addMissing(`${name}: ${bytes.length} bytes, of which ${content.length} are kept`);
    if (this.#bytes + content.length > MAX_BYTES) {
      this.addMissing(`${name}: the bundle has no room for it`);
      return;
    }
    this.#bytes += content.length;
    this.#files.push(this.#entry(name, content.toString()));
  }

  #entry(name: string, text: string): TarEntry {
    return { path: `${this.#folder}/${safe(name)}`, mode: 0o600, content: Buffer.from(text) };
  }
}

function cut(bytes: Buffer, isEnd: boolean): Buffer {
  const kept = isEnd ? bytes.subarray(-MAX_FILE_BYTES) : bytes.subarray(0, MAX_FILE_BYTES);
  return isEnd ? Buffer.concat([Buffer.from(CUT), kept]) : Buffer.concat([kept, Buffer.from(CUT)]);
}

/** Logs have a value of JSON on a line, and outputs are one; in all else names and forms show secrets, also over several lines. */
function redactLines(text: string): string {
  const whole = text.trimStart().startsWith("{") ? redactJson(text, 2) : undefined;
  if (whole !== undefined) return `${whole}\n`;
  const parts: string[] = [];
  let plain: string[] = [];
  const endPlain = (): void => {
    if (plain.length > 0) parts.push(redactText(plain.join("\n")));
    plain = [];
  };
  // A key in PEM that is printed on several lines is one text, also where lines of JSON are around it.
  for (const line of text.split("\n")) {
    const shown = line.startsWith("{") ? redactJson(line) : undefined;
    if (shown === undefined) plain.push(line);
    else {
      endPlain();
      parts.push(shown);
    }
  }
  endPlain();
  return parts.join("\n");
}

/** Undefined: it cannot be read as JSON. */
function redactJson(text: string, indent?: number): string | undefined {
  const value = parseJson(text);
  return value === undefined ? undefined : JSON.stringify(redactValue(value), undefined, indent);
}

/** Names of objects are those of files: `a/b.json` stays, and nothing leads out of the folder. */
function safe(name: string): string {
  return name
    .split("/")
    .map((part) => part.replaceAll(/[^\w.@-]/g, "_").slice(0, 90))
    .filter((part) => part !== "" && part !== "." && part !== "..")
    .join("/");
}
