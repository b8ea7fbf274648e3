import type { IngressSettings } from "#src/model/annotations/ingress-settings.ts";
import type { Affinity, Balancing } from "#src/routing/balancing.ts";
import { visibleAscii } from "#src/routing/path.ts";

/** As in ingress-nginx. */
const SUBSET_SIZE = 3;
const COOKIE_NAME = "INGRESSCOOKIE";

/** How the endpoints for a path of an Ingress are chosen; undefined: in turns, and by nothing else. */
export function balancingOf(settings: IngressSettings, path: string): Balancing | undefined {
  const { loadBalance: policy = "round-robin", hashBy: parts, hashBySubset, hashBySubsetSize } = settings;
  const affinity = settings.affinity && affinityOf(settings, path);
  if (policy === "round-robin" && parts === undefined && affinity === undefined) return undefined;
  const subsetSize = hashBySubset === true ? (hashBySubsetSize ?? SUBSET_SIZE) : 1;
  return { policy, ...(parts && { hashBy: { parts, subsetSize } }), ...(affinity && { affinity }) };
}

function affinityOf(settings: IngressSettings, rulePath: string): Affinity {
  const { affinityMode: mode = "balanced", cookieName: name = COOKIE_NAME, cookieChangeOnFailure = false } = settings;
  const { cookieDomain, cookieExpires, cookieMaxAge, cookieSameSite, cookieSecure } = settings;
  return {
    mode,
    changesOnFailure: cookieChangeOnFailure,
    ...(settings.cookieConditionalSameSite === true && cookieSameSite === "None" ? { sparesOldBrowsers: true } : {}),
    readName: name.toLowerCase(),
    cookie: {
      name,
      path: settings.cookiePath ?? cookiePath(rulePath),
      ...(cookieDomain !== undefined && { domain: cookieDomain }),
      ...(cookieExpires !== undefined && { expiresSeconds: cookieExpires }),
      ...(cookieMaxAge !== undefined && { maxAgeSeconds: cookieMaxAge }),
      ...(cookieSameSite !== undefined && { sameSite: cookieSameSite }),
      ...(cookieSecure !== undefined && { isSecure: cookieSecure }),
    },
  };
}

/** What a semicolon would end, and what begins no path that a client knows: a regular expression. */
const UNUSABLE = /[\\^$|?*+()[\]{};]/;

/** The path of a rule as an attribute of a cookie; the root for a default backend and for a regular expression. */
function cookiePath(rulePath: string): string {
  const path = visibleAscii(rulePath);
  return path === "" || UNUSABLE.test(path) ? "/" : path;
}
