import { findHost, type FoundHost } from "#src/routing/route.ts";
import type { RouteTable } from "#src/routing/route-table.ts";
import type { RequestHead } from "./request-head.ts";
import { hostEnd, hostStart } from "./request-route.ts";

/** Places for hosts; each has one, and takes the place of another. */
const PLACES = 256;
/** Longer ones are not remembered: no host is. */
const MAX_BYTES = 260;

interface KnownHost {
  readonly bytes: Buffer;
  readonly text: string;
  readonly found: FoundHost | undefined;
}

/** What the host of a request is. */
interface RequestHost {
  /** As it came; empty where none came. */
  readonly text: string;
  /** Undefined: it has to be looked for, or cannot be a host. */
  readonly found: FoundHost | undefined;
}

const NO_HOST: RequestHost = { text: "", found: undefined };

/**
 * Hosts that requests named lately, and their rules: most requests name one of a few hosts, and comparing its bytes costs
 * less than making a text of them that is looked for in the table. A table that changes makes all of them new.
 */
export class KnownHosts {
  #table: RouteTable | undefined;
  readonly #places: (KnownHost | undefined)[] = Array.from({ length: PLACES }, () => undefined);

  /** The host of a request. */
  of(table: RouteTable, bytes: Buffer, head: RequestHead): RequestHost {
    const start = hostStart(head);
    const end = hostEnd(head);
    if (start === end) return NO_HOST;
    if (table !== this.#table) {
      this.#places.fill(undefined);
      this.#table = table;
    }
    const length = end - start;
    const place = (length * 31 + bytes[start]! * 7 + bytes[start + (length >> 1)]! * 5 + bytes[end - 1]!) % PLACES;
    const known = this.#places[place];
    if (known !== undefined && isSame(known.bytes, bytes, start, end)) return known;
    const text = bytes.toString("latin1", start, end);
    // Expressions for hosts count their steps with those for paths.
    if (length > MAX_BYTES || table.aliasPatterns.length > 0) return { text, found: undefined };
    const made = { bytes: Buffer.from(bytes.subarray(start, end)), text, found: findHost(table, text) };
    this.#places[place] = made;
    return made;
  }
}

function isSame(known: Buffer, bytes: Buffer, start: number, end: number): boolean {
  if (known.length !== end - start) return false;
  for (let index = 0; index < known.length; index++) if (known[index] !== bytes[start + index]) return false;
  return true;
}
