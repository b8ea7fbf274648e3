import { complainInvalid, type Field } from "#src/model/field.ts";
import { readUniqueTexts } from "#src/model/metallb/read-unique.ts";

/** Reads `interfaces`: names as Linux has them (1 to 15 characters), each once. */
export function readInterfaces(field: Field): readonly string[] {
  return readUniqueTexts(field, (entry, name) => {
    if (!/^[^\s/]{1,15}$/.test(name))
      complainInvalid(
        entry,
        "an interface has a name of 1 to 15 characters without spaces and slashes",
        "Write a name as ip link shows it",
      );
  });
}
