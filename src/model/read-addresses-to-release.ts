import { type Ip, parseIp, printIp } from "#src/ip/address.ts";
import { firstAnnotation } from "./annotation.ts";
import { complain, type Field, quote } from "./field.ts";
import { RELEASE_ANNOTATION } from "./service-status.ts";

/** A Service has one address of each family, and seldom some more. */
const MOST = 16;
/** One empty list for all Services. */
const NONE: readonly Ip[] = [];

/**
 * The addresses that a Service is to give up, each once. What cannot be read there is without effect: a warning, because it
 * must not keep the Service from an address.
 */
export function readAddressesToRelease(root: Field): readonly Ip[] {
  const field = firstAnnotation(root, [RELEASE_ANNOTATION]);
  if (field === undefined) return NONE;
  const texts = String(field.value)
    .split(",", MOST + 1)
    .map((text) => text.trim());
  const found = new Map<string, Ip>();
  for (const text of texts.slice(0, MOST)) {
    const ip = parseIp(text);
    if (ip === undefined) warn(field, text);
    else found.set(printIp(ip), ip);
  }
  if (texts.length > MOST)
    complain(field, "RELEASE_UNREADABLE", {
      what: `Ignored all addresses after the first ${MOST}`,
      why: "a Service has fewer",
      fix: "Name only addresses that the Service has",
      severity: "warning",
    });
  return [...found.values()];
}

function warn(field: Field, text: string): void {
  complain(field, "RELEASE_UNREADABLE", {
    what: `Ignored ${quote(text)}`,
    why: "it is not an IP address, so the Service keeps what it has",
    fix: "Write addresses of the Service, separated by commas, or remove the annotation",
    severity: "warning",
  });
}
