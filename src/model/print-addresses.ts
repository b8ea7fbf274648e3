import { compareIps, type Family, type Ip, parseIp, printIp } from "#src/ip/address.ts";
import { type Fields, isRecord, listOf } from "./record.ts";

/** Of one report at most so many addresses are read: a short text can name many. */
const MAX_ADDRESSES = 100_000;

/** Addresses that differ only in these last bits share one text: the last number of an IPv4 address, the last group of an IPv6 one. */
const TAIL_BITS: Readonly<Record<Family, bigint>> = { ipv4: 8n, ipv6: 16n };
const TAIL_BASE: Readonly<Record<Family, number>> = { ipv4: 10, ipv6: 16 };

/**
 * Prints addresses as a few short texts, in order, one for each IPv4 /24 or IPv6 /112: `192.0.2.7`, or
 * `192.0.2.1-3,7,9-12`, or `2001:db8::1-a,ff`. 10,000 addresses of one node have some 30 KB at most, where each as a
 * text of its own would have 200.
 */
export function printAddresses(addresses: Iterable<Ip>): readonly string[] {
  const sorted = [...addresses].sort(compareIps);
  const texts: string[] = [];
  for (let start = 0; start < sorted.length;) {
    const head = sorted[start];
    if (head === undefined) break;
    const tailBits = TAIL_BITS[head.family];
    const isBeside = ({ family, value }: Ip): boolean =>
      family === head.family && value >> tailBits === head.value >> tailBits;
    let end = start + 1;
    for (let next = sorted[end]; next !== undefined && isBeside(next); next = sorted[end]) end += 1;
    texts.push(printTogether(head, sorted.slice(start, end)));
    start = end;
  }
  return texts;
}

function printTogether(head: Ip, sorted: readonly Ip[]): string {
  const mask = (1n << TAIL_BITS[head.family]) - 1n;
  const tail = (number: number): string => number.toString(TAIL_BASE[head.family]);
  const runs: { first: number; last: number }[] = [];
  for (const { value } of sorted) {
    const number = Number(value & mask);
    const run = runs.at(-1);
    if (run !== undefined && number <= run.last + 1) run.last = number;
    else runs.push({ first: number, last: number });
  }
  const parts = runs.map(({ first, last }, index) => {
    const from = index === 0 ? printIp(head) : tail(first);
    return first === last ? from : `${from}-${tail(last)}`;
  });
  return parts.join(",");
}

/** Reads what `printAddresses` printed; nothing where it is another text. */
function parseAddresses(text: string): readonly Ip[] {
  const [headText = "", ...parts] = text.split(",");
  const [ipText = "", lastText] = headText.split("-");
  const head = parseIp(ipText);
  if (head === undefined) return [];
  const size = 1 << Number(TAIL_BITS[head.family]);
  const digits = head.family === "ipv4" ? /^\d{1,3}$/ : /^[\da-f]{1,4}$/;
  const tail = (part: string): number => (digits.test(part) ? Number.parseInt(part, TAIL_BASE[head.family]) : NaN);
  const base = head.value & ~BigInt(size - 1);
  const ips: Ip[] = [];
  const add = (first: number, last: number): void => {
    if (!(first <= last && last < size)) return;
    for (let number = first; number <= last; number++) ips.push({ family: head.family, value: base | BigInt(number) });
  };
  const headTail = Number(head.value - base);
  add(headTail, lastText === undefined ? headTail : tail(lastText));
  for (const part of parts) {
    const [from = "", to = from] = part.split("-");
    add(tail(from), tail(to));
  }
  return ips;
}

/**
 * The addresses that a speaker's report says it answers for, each in canonical text. An element of `announcing` is a text
 * as `printAddresses` makes it (a plain address is one), or has the address in its field `ip`; anything else is ignored.
 */
export function announcedAddresses(report: Fields, parseList = parseAddressTexts): ReadonlySet<string> {
  return parseList(listOf(report["announcing"]).map((element) => (isRecord(element) ? element["ip"] : element)));
}

/** The addresses of a list of texts as `printAddresses` makes them, each in canonical text; anything else is ignored. */
export function parseAddressTexts(texts: unknown): ReadonlySet<string> {
  const addresses = new Set<string>();
  for (const text of listOf(texts)) {
    if (typeof text !== "string") continue;
    for (const ip of parseAddresses(text)) {
      if (addresses.size >= MAX_ADDRESSES) return addresses;
      addresses.add(printIp(ip));
    }
  }
  return addresses;
}
