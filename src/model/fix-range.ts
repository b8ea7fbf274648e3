import { bitsOf, type Ip, parseIp } from "#src/ip/address.ts";
import { parseRange } from "#src/ip/range.ts";

/** Two IPv6 addresses and some decoration; a longer text was not mistyped. */
const MAX_FIXED = 200;

/**
 * What the writer of an unreadable range most likely meant, as a sentence (`Write "192.0.2.10-192.0.2.20"`); undefined
 * where no guess is a good range.
 */
export function fixRange(text: string): string | undefined {
  if (text.length > MAX_FIXED) return undefined;
  const parts = text.split(/[,;]\s*|\s+and\s+/).filter((part) => part !== "");
  if (parts.length > 1)
    return `Write each on a line of its own: ${parts.map((part) => `"${asRange(part)}"`).join(", ")}`;
  const guesses = [plainDash, plainDigits, wholeEnd, netmask, outerEnds];
  for (const guess of guesses) {
    const fixed = guess(text.replaceAll(/\s+/g, ""));
    if (parseRange(fixed).ok) return `Write "${fixed}"`;
  }
  return undefined;
}

function asRange(text: string): string {
  const ip = parseIp(text);
  return ip === undefined ? text : `${text}/${bitsOf(ip.family)}`;
}

/** Dashes that word processors make, `..`, `to`. */
function plainDash(text: string): string {
  return text.replace(/[\u2010-\u2015\u2212~]|\.\.+|to/, "-");
}

/** `192.168.001.010`: some programs read such octets as octal, so they should not be written. */
function plainDigits(text: string): string {
  return text.replaceAll(/(?<![\d:a-f])0+(?=\d)/gi, "");
}

/** `192.0.2.10-20`. */
function wholeEnd(text: string): string {
  return text.replace(/^(\d+\.\d+\.\d+\.)(\d+)-(\d+)$/, "$1$2-$1$3");
}

/** `192.0.2.0/255.255.255.0`. */
function netmask(text: string): string {
  const [base = "", maskText = ""] = text.split("/");
  const mask = parseIp(maskText);
  const length = mask === undefined ? undefined : prefixLengthOf(mask);
  return length === undefined ? text : `${base}/${length}`;
}

function prefixLengthOf({ family, value }: Ip): number | undefined {
  if (family !== "ipv4") return undefined;
  const bits = value.toString(2).padStart(32, "0");
  return /^1*0*$/.test(bits) ? bits.replaceAll("0", "").length : undefined;
}

/** `192.0.2.10/24-192.0.2.20/24`, as some tools print addresses. */
function outerEnds(text: string): string {
  return text.replaceAll(/\/\d+/g, "");
}
