import type { RequestCookies } from "./request-cookies.ts";
import type { Unseal } from "./seal-text.ts";

/** The cookies of a request to a host, and what opens those that were sealed. */
export interface SealedCookies {
  readonly host: string;
  readonly cookies: RequestCookies;
  readonly unseal: Unseal;
  readonly nowMs: number;
}
