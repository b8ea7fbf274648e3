import { sameHeaderName } from "#src/auth/same-header-name.ts";

/** What goes with a request that was let in. */
export interface AccessGrant {
  /** Header fields of the client with these names (`sameHeaderName`) do not pass: only who lets in may write them. */
  readonly removes: ReadonlySet<string>;
  /** Names, in lower case, of fields that pass, while others that an endpoint could take for one of them do not. */
  readonly exact: ReadonlySet<string>;
  /** Lines for the endpoint. */
  readonly requestLines: Buffer;
  /** Lines for the client, with answers that are not errors. */
  readonly responseLines: Buffer;
  /** Lines for the client, with every answer. */
  readonly errorLines: Buffer;
}

/** Statuses with which nginx adds header fields unless told otherwise. */
const NO_ERROR: ReadonlySet<number> = new Set([200, 201, 204, 206, 301, 302, 303, 304, 307, 308]);

const NOTHING = Buffer.alloc(0);

/** A grant of these fields and cookies, none of which has an end of line in it. */
export function accessGrant(of: {
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly cookies: readonly string[];
  readonly removes: readonly string[];
  readonly exact?: readonly string[];
  readonly alwaysSetsCookie: boolean;
}): AccessGrant {
  const cookieLines = linesOf(of.cookies.map((cookie) => ["Set-Cookie", cookie]));
  return {
    removes: new Set(of.removes.map(sameHeaderName)),
    exact: new Set(of.exact),
    requestLines: linesOf(of.fields),
    responseLines: of.alwaysSetsCookie ? NOTHING : cookieLines,
    errorLines: of.alwaysSetsCookie ? cookieLines : NOTHING,
  };
}

/** What goes with a request that two have let in. */
export function addGrants(first: AccessGrant | undefined, second: AccessGrant | undefined): AccessGrant | undefined {
  if (first === undefined || second === undefined) return first ?? second;
  return {
    removes: first.removes.union(second.removes),
    exact: first.exact.union(second.exact),
    requestLines: Buffer.concat([first.requestLines, second.requestLines]),
    responseLines: Buffer.concat([first.responseLines, second.responseLines]),
    errorLines: Buffer.concat([first.errorLines, second.errorLines]),
  };
}

function linesOf(fields: readonly (readonly [name: string, value: string])[]): Buffer {
  return Buffer.from(fields.map(([name, value]) => `${name}: ${value}\r\n`).join(""), "latin1");
}

/** What an answer of this status has besides what the endpoint wrote; undefined: nothing. */
export function grantedLines(grant: AccessGrant | undefined, status: number): Buffer | undefined {
  if (grant === undefined || status < 200) return undefined;
  const { responseLines, errorLines } = grant;
  const hasResponseLines = responseLines.length > 0 && NO_ERROR.has(status);
  if (!hasResponseLines) return errorLines.length === 0 ? undefined : errorLines;
  return errorLines.length === 0 ? responseLines : Buffer.concat([responseLines, errorLines]);
}
