import {
  AFFINITY,
  AFFINITY_MODE,
  SESSION_COOKIE_CHANGE_ON_FAILURE,
  SESSION_COOKIE_CONDITIONAL_SAME_SITE,
  SESSION_COOKIE_DOMAIN,
  SESSION_COOKIE_EXPIRES,
  SESSION_COOKIE_MAX_AGE,
  SESSION_COOKIE_NAME,
  SESSION_COOKIE_PATH,
  SESSION_COOKIE_SAME_SITE,
  SESSION_COOKIE_SECURE,
} from "./affinity.ts";
import type { ServedAnnotation } from "./annotation-record.ts";
import { LOAD_BALANCE } from "./load-balance.ts";
import { UPSTREAM_HASH_BY, UPSTREAM_HASH_BY_SUBSET, UPSTREAM_HASH_BY_SUBSET_SIZE } from "./upstream-hash-by.ts";

/** The annotations that say how endpoints are chosen, and which one a client stays with, by the names of their settings. */
export const BALANCING = {
  loadBalance: LOAD_BALANCE,
  hashBy: UPSTREAM_HASH_BY,
  hashBySubset: UPSTREAM_HASH_BY_SUBSET,
  hashBySubsetSize: UPSTREAM_HASH_BY_SUBSET_SIZE,
  affinity: AFFINITY,
  affinityMode: AFFINITY_MODE,
  cookieName: SESSION_COOKIE_NAME,
  cookiePath: SESSION_COOKIE_PATH,
  cookieDomain: SESSION_COOKIE_DOMAIN,
  cookieExpires: SESSION_COOKIE_EXPIRES,
  cookieMaxAge: SESSION_COOKIE_MAX_AGE,
  cookieSameSite: SESSION_COOKIE_SAME_SITE,
  cookieConditionalSameSite: SESSION_COOKIE_CONDITIONAL_SAME_SITE,
  cookieSecure: SESSION_COOKIE_SECURE,
  cookieChangeOnFailure: SESSION_COOKIE_CHANGE_ON_FAILURE,
} as const satisfies Readonly<Record<string, ServedAnnotation<unknown>>>;
