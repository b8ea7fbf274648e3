import { complainInvalid, type Field } from "#src/model/field.ts";
import { readUniqueTexts } from "#src/model/metallb/read-unique.ts";

/** Reads `interfaces`: names as Linux has them (1 to 15 characters), each once. */
export function readInterfaces(field: Field): readonly string[] {
  const names = readUniqueTexts(field);
  const odd = names.find((name) => !/^[^\s/]{1,15}$/.test(name));
  if (odd !== undefined)
    complainInvalid(
      { ...field, value: odd },
      "an interface has a name of 1 to 15 characters without spaces and slashes",
      "Write a name as ip link shows it",
    );
  return names;
}
