import { complainInvalid, type Field } from "#src/model/field.ts";
import { readYaml } from "#src/model/read-yaml.ts";
import { writtenInText } from "#src/model/written-yaml.ts";

/** Characters of such a text: enough for hundreds of entries, too few to hold up a program. */
const MAX_LENGTH = 16_384;

/**
 * Reads a text that is a list in YAML, such as `[{ weight: 50, match-labels: { zone: a } }]` in an annotation: the field of that list,
 * with the lines of its values. Undefined, with a Problem, for anything else. `example` is what to write.
 */
export function readYamlList(field: Field, example: string): Field | undefined {
  const text = String(field.value);
  const fix = `Write a list, such as ${example}`;
  if (text.length > MAX_LENGTH)
    return complainInvalid(field, `it has ${text.length} characters, and ${MAX_LENGTH} is the limit`, fix);
  const [document, ...others] = readYaml(text);
  if (document?.ok === false) return complainInvalid(field, `it is not YAML: ${document.faults[0].why}`, fix);
  if (document === undefined || others.length > 0 || !Array.isArray(document.value))
    return complainInvalid(field, "it is not a list in YAML", fix);
  return {
    ...field,
    value: document.value,
    place: { written: writtenInText(field.place, document.written), keys: [] },
  };
}
