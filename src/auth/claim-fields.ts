import type { ForwardedClaim } from "#src/model/policies/claim-rule.ts";
import { claimTexts, claimValue } from "./claim-value.ts";
import type { VerifiedClaims } from "./verified-claims.ts";

/** Bytes of one value: heads have to have room for all of them. */
const MAX_BYTES = 4_096;
/** What no value of a header field may have (RFC 9110 section 5.5). */
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f]/;

/**
 * Claims as header fields for endpoints, one character for each byte of UTF-8. A list has commas between its elements; an
 * element with a comma, which would be read as two, is left out, and so is what a field cannot have. A map cannot be one.
 */
export function claimFields(
  claims: VerifiedClaims,
  forwarded: readonly ForwardedClaim[],
): readonly (readonly [name: string, value: string])[] {
  return forwarded.flatMap(({ claim, header }) => {
    const texts = claimTexts(claims, claim).filter((text) => !CONTROL.test(text));
    const isOne = !Array.isArray(claimValue(claims, claim)) && texts.length === 1;
    const value = isOne ? texts[0]! : texts.filter((text) => !text.includes(",")).join(",");
    const bytes = Buffer.from(value.trim()).toString("latin1");
    return bytes === "" || bytes.length > MAX_BYTES ? [] : [[header, bytes] as const];
  });
}
