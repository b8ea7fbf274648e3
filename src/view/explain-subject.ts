import { type Ip, parseIp } from "#src/ip/address.ts";
import { listed } from "#src/model/listed.ts";
import { isDnsLabel } from "#src/model/name.ts";
import { type KubeObject, keyOf } from "#src/model/object.ts";
import type { UrlAnswer } from "./url-answer.ts";

/** What a person asks about. */
export type ExplainSubject =
  | { readonly kind: "Address"; readonly ip: Ip }
  | { readonly kind: "Service"; readonly key: string };

/** The subject that a text names; or why it names none: `usage` where it cannot be the name of anything. */
export type FoundSubject =
  | { readonly ok: true; readonly subject: ExplainSubject }
  | { readonly ok: false; readonly isUsage: boolean; readonly why: string };

/** What one error message lists at most. */
const MAX_LISTED = 6;

/** Whether a text can be an address, a name or NAMESPACE/NAME. */
export function isSubjectText(text: string): boolean {
  const parts = text.split("/");
  return parseIp(text) !== undefined || (parts.length <= 2 && parts.every(isDnsLabel));
}

/**
 * Finds what a text names: an address, NAMESPACE/NAME, or the NAME of a Service of which there is one. `services` is
 * undefined where Services may not be read.
 */
export function findSubject(text: string, services: readonly KubeObject[] | undefined): FoundSubject {
  const ip = parseIp(text);
  if (ip !== undefined) return { ok: true, subject: { kind: "Address", ip } };
  if (!isSubjectText(text))
    return { ok: false, isUsage: true, why: `"${text}" is not an address, NAME or NAMESPACE/NAME` };
  if (services === undefined) return { ok: false, isUsage: false, why: "Services may not be read" };
  const found = findService(text, new Set(services.map(({ metadata }) => keyOf(metadata))));
  if (found.ok) return { ok: true, subject: { kind: "Service", key: found.key } };
  return { ok: false, isUsage: false, why: found.why ?? `there is no Service "${text}"` };
}

/** The key among these that a text names, as NAMESPACE/NAME, or as NAME where there is one. `why` says of several. */
export function findService(
  text: string,
  keys: ReadonlySet<string>,
): { readonly ok: true; readonly key: string } | { readonly ok: false; readonly why?: string } {
  const found = [...keys].filter((key) => key === text || (!text.includes("/") && key.endsWith(`/${text}`))).sort();
  const [key, ...others] = found;
  if (key === undefined) return { ok: false };
  if (others.length === 0) return { ok: true, key };
  return { ok: false, why: `there are several Services "${text}": ${listed(found, MAX_LISTED)}. Give one of them` };
}

/** A subject as JSON and text show it. */
export interface SubjectView {
  readonly kind: "Address" | "Service" | "URL";
  /** Of a Service. */
  readonly namespace?: string;
  readonly name?: string;
  /** The addresses of the Service. */
  readonly addresses?: readonly string[];
  readonly address?: string;
  /** The Services that have the address, as NAMESPACE/NAME. */
  readonly services?: readonly string[];
  /** Of a request. */
  readonly url?: string;
  readonly method?: string;
  /** What becomes of it, as far as can be seen from here. */
  readonly answer?: UrlAnswer;
}
