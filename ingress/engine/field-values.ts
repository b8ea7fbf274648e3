import { spells } from "./ascii.ts";
import type { FieldLines } from "./field-lines.ts";

/** The values of a header field (its name in lower case), one character for each byte, in their order. */
export function fieldValues(bytes: Buffer, { lines }: { readonly lines: FieldLines }, name: string): readonly string[] {
  const wanted = Buffer.from(name, "latin1");
  const values: string[] = [];
  for (let index = 0; index < lines.count; index++) {
    if (spells(bytes, lines.nameStart[index]!, lines.nameEnd[index]!, wanted))
      values.push(bytes.toString("latin1", lines.valueStart[index], lines.valueEnd[index]));
  }
  return values;
}
