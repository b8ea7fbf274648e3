import type { Field } from "#src/model/field.ts";
import { keyOf } from "#src/model/object.ts";

/** The policy (`namespace/name`) that a field is of; empty for a file without a name, whose policy is attached to nothing. */
export function keyOfHolder({ holder }: Field): string {
  return holder.kind === "object" ? keyOf(holder.object) : "";
}
