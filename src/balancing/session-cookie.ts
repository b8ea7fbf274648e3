import { hashText } from "./hash-text.ts";

/**
 * What the cookie of a client says that stays with one endpoint. Every replica reads it without a table, and no
 * address can be read in it.
 */
export interface SessionCookie {
  /** 16 hexadecimal digits: of an endpoint, or of the session where it is hashed. */
  readonly id: string;
  /** Which backend it is for: `sessionTag`. */
  readonly tag: string;
}

const FORM = /^([0-9a-f]{16})\.([0-9a-f]{8})$/;

/** Reads the value of a cookie; undefined where it is not one of ours. */
export function parseSessionCookie(text: string | undefined): SessionCookie | undefined {
  const [, id, tag] = FORM.exec(text ?? "") ?? [];
  return id === undefined || tag === undefined ? undefined : { id, tag };
}

export function printSessionCookie({ id, tag }: SessionCookie): string {
  return `${id}.${tag}`;
}

/** What a cookie says of the backend it is for, of the backend's key. */
export function sessionTag(backendKey: string): string {
  return hexOf(hashText(backendKey));
}

/** The id of a new session. */
export function newSessionId(chance: () => number): string {
  return hexOf(Math.floor(chance() * 2 ** 32)) + hexOf(Math.floor(chance() * 2 ** 32));
}

function hexOf(bits: number): string {
  return bits.toString(16).padStart(8, "0");
}
