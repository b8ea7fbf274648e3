import type { Family, Ip } from "#src/ip/address.ts";
import type { LastAnswer } from "#src/model/reported-answers.ts";

/**
 * The last answers in columns, with an entry for each address, in no order: handed to another thread they are copied as a few
 * blocks of bytes, which is done in well under a millisecond for 10,000 addresses. Printing them takes a hundred times as long.
 */
export interface AnswerColumns {
  /** 1 for IPv6; 0 for IPv4. */
  readonly isIpv6: Uint8Array;
  /** Two words for each value, the higher one first. A host that asks has an address of the same family. */
  readonly ips: BigUint64Array;
  readonly askers: BigUint64Array;
  /** Milliseconds since 1970. */
  readonly atMs: Float64Array;
}

/** Addresses that there is room for at first; it doubles. */
const ROOM = 64;
const WORD_BITS = 64n;

/**
 * When each announced address was answered for last, and which host asked: one entry for each address, changed in place for
 * each answer. It knows only addresses that are announced, because only these are answered for.
 */
export class LastAnswers {
  /** The place of each address in the columns. */
  readonly #places: Readonly<Record<Family, Map<bigint, number>>> = { ipv4: new Map(), ipv6: new Map() };
  #columns = cut(undefined, ROOM);
  #size = 0;
  #hasChanged = true;

  /** A request for the address was answered at this time, in milliseconds since 1970. */
  note(ip: Ip, asker: Ip, atMs: number): void {
    this.#hasChanged = true;
    const place = this.#places[ip.family].get(ip.value) ?? this.#add(ip);
    putValue(this.#columns.askers, place, asker.value);
    this.#columns.atMs[place] = atMs;
  }

  /** The address was withdrawn: where it is announced again, no request was answered since. */
  forget(ip: Ip): void {
    const places = this.#places[ip.family];
    const place = places.get(ip.value);
    if (place === undefined) return;
    this.#hasChanged = true;
    places.delete(ip.value);
    this.#size -= 1;
    if (place === this.#size) return;
    // The last one takes its place.
    const last = entryAt(this.#columns, this.#size);
    this.#places[last.ip.family].set(last.ip.value, place);
    putEntry(this.#columns, place, last);
  }

  /** What to report; undefined where that is as it was when it was taken last. */
  take(): AnswerColumns | undefined {
    if (!this.#hasChanged) return undefined;
    this.#hasChanged = false;
    return cut(this.#columns, this.#size);
  }

  #add(ip: Ip): number {
    const place = this.#size;
    if (place === this.#columns.atMs.length) this.#columns = cut(this.#columns, place * 2);
    this.#size += 1;
    putEntry(this.#columns, place, { ip, asker: { family: ip.family, value: 0n }, atMs: 0 });
    this.#places[ip.family].set(ip.value, place);
    return place;
  }
}

/** The entries of columns. */
export function answersIn(columns: AnswerColumns): readonly LastAnswer[] {
  return Array.from(columns.atMs, (_, place) => entryAt(columns, place));
}

function entryAt({ isIpv6, ips, askers, atMs }: AnswerColumns, place: number): LastAnswer {
  const family = isIpv6[place] === 1 ? "ipv6" : "ipv4";
  const ip: Ip = { family, value: valueAt(ips, place) };
  return { ip, asker: { family, value: valueAt(askers, place) }, atMs: atMs[place] ?? 0 };
}

function putEntry({ isIpv6, ips, askers, atMs: times }: AnswerColumns, place: number, entry: LastAnswer): void {
  const { ip, asker, atMs } = entry;
  isIpv6[place] = ip.family === "ipv6" ? 1 : 0;
  putValue(ips, place, ip.value);
  putValue(askers, place, asker.value);
  times[place] = atMs;
}

function valueAt(words: BigUint64Array, place: number): bigint {
  return ((words[place * 2] ?? 0n) << WORD_BITS) | (words[place * 2 + 1] ?? 0n);
}

function putValue(words: BigUint64Array, place: number, value: bigint): void {
  words[place * 2] = value >> WORD_BITS;
  // Only its lower 64 bits are stored.
  words[place * 2 + 1] = value;
}

/** Columns with so many entries: those of these as far as they go, and empty ones. */
function cut(columns: AnswerColumns | undefined, size: number): AnswerColumns {
  const wanted = {
    isIpv6: new Uint8Array(size),
    ips: new BigUint64Array(size * 2),
    askers: new BigUint64Array(size * 2),
    atMs: new Float64Array(size),
  };
  if (columns === undefined) return wanted;
  wanted.isIpv6.set(columns.isIpv6.subarray(0, size));
  wanted.ips.set(columns.ips.subarray(0, size * 2));
  wanted.askers.set(columns.askers.subarray(0, size * 2));
  wanted.atMs.set(columns.atMs.subarray(0, size));
  return wanted;
}
