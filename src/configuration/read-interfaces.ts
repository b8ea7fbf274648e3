import { complainInvalid, type Field } from "#src/model/field.ts";
import { whyNoSelector } from "#src/model/takes-interface.ts";
import { readUniqueTexts } from "#src/model/metallb/read-unique.ts";

/** Reads `interfaces`: names as Linux has them (1 to 15 characters), patterns and networks, each once. */
export function readInterfaces(field: Field): readonly string[] {
  return readUniqueTexts(field, (entry, text) => {
    const bad = whyNoSelector(text);
    if (bad !== undefined) complainInvalid(entry, bad.why, bad.fix);
  });
}
