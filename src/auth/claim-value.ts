import { isRecord } from "#src/model/record.ts";
import type { VerifiedClaims } from "./verified-claims.ts";

/**
 * The claim of this name; undefined: there is none. A name with dots is first that of one claim (`https://a.com/roles`), otherwise
 * each dot may lead into a map (`realm_access.roles`).
 */
export function claimValue(claims: VerifiedClaims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  for (let dot = name.indexOf("."); dot !== -1; dot = name.indexOf(".", dot + 1)) {
    const outer = name.slice(0, dot);
    const inner = Object.hasOwn(claims, outer) ? claims[outer] : undefined;
    const value = isRecord(inner) ? claimValue(inner, name.slice(dot + 1)) : undefined;
    if (value !== undefined) return value;
  }
  return undefined;
}

/** The texts of a claim: its own, or those of its elements, numbers and booleans as JSON prints them. What else it has is left out. */
export function claimTexts(claims: VerifiedClaims, name: string): readonly string[] {
  const value = claimValue(claims, name);
  return (Array.isArray(value) ? value : [value]).flatMap((one: unknown) => textOf(one) ?? []);
}

function textOf(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? JSON.stringify(value) : undefined;
}
