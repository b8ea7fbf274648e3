import type { CorsOrigins } from "#src/model/annotations/cors-origins.ts";

/** Which other sites may call this one from a browser, and what they may do (Fetch standard, section 3.2). */
export interface CorsPolicy {
  readonly origins: CorsOrigins;
  /** The lines that follow `Access-Control-Allow-Origin`, each with its end. */
  readonly lines: string;
  /** Names of all lines that are written, in lower case: those of the endpoint do not pass. */
  readonly names: ReadonlySet<string>;
}

/** The policy for these values, all of which are visible ASCII and blanks. */
export function corsPolicy(of: {
  readonly origins: CorsOrigins;
  readonly methods: string;
  readonly headers: string;
  readonly exposed: string | undefined;
  readonly allowsCredentials: boolean;
  readonly maxAgeSeconds: number;
}): CorsPolicy {
  const fields = [
    ...(of.allowsCredentials ? [["Access-Control-Allow-Credentials", "true"]] : []),
    ["Access-Control-Allow-Methods", of.methods],
    ["Access-Control-Allow-Headers", of.headers],
    ...(of.exposed === undefined ? [] : [["Access-Control-Expose-Headers", of.exposed]]),
    ["Access-Control-Max-Age", String(of.maxAgeSeconds)],
  ] as const;
  return {
    origins: of.origins,
    lines: fields.map(([name, value]) => `${name}: ${value}\r\n`).join(""),
    names: new Set(["access-control-allow-origin", ...fields.map(([name = ""]) => name.toLowerCase())]),
  };
}
