import { parseCommunity } from "#src/model/parse-community.ts";
import {
  child,
  complain,
  complainInvalid,
  complainMissing,
  type Field,
  hasError,
  isUnset,
  quote,
  readList,
  readMap,
  readText,
} from "#src/model/field.ts";
import type { KubeObject } from "#src/model/object.ts";
import type { Parsed } from "#src/model/problem.ts";
import { warnOfUnknownKeys } from "#src/model/unknown-keys.ts";
import { openResource, type Resource } from "./resource.ts";

/** A Community (metallb.io/v1beta1), strictly read. */
export interface CommunityResource extends Resource {
  /** Values (`65000:1`, `large:65000:1:2`) by alias. */
  readonly aliases: ReadonlyMap<string, string>;
}

/** Reads a Community: aliases of BGP communities. */
export function parseCommunityResource(object: KubeObject): Parsed<CommunityResource> {
  const { resource, root, spec } = openResource(object, { keys: ["communities"] });
  const { problems } = root;
  const aliases = new Map<string, string>();
  for (const entry of readList(child(spec, "communities"))) {
    const alias = readAlias(entry);
    if (alias === undefined) continue;
    if (aliases.has(alias.name)) complainOfTwin(entry, alias.name);
    aliases.set(alias.name, alias.value);
  }
  return hasError(problems) ? { ok: false, problems } : { ok: true, value: { ...resource, aliases }, problems };
}

function readAlias(field: Field): { readonly name: string; readonly value: string } | undefined {
  const fix = "Write name: and value:";
  if (isUnset(field)) return complainMissing(field, fix);
  if (!readMap(field)) return undefined;
  warnOfUnknownKeys(field, ["name", "value"]);
  const [nameField, valueField] = [child(field, "name"), child(field, "value")];
  for (const one of [nameField, valueField]) if (isUnset(one)) complainMissing(one, fix);
  const [name, text] = [readText(nameField), readText(valueField)];
  if (name === undefined || text === undefined) return undefined;
  const value = parseCommunity(text);
  if (value !== undefined) return { name, value };
  return complainInvalid(
    valueField,
    "it is neither two numbers of 16 bits nor large: and three of 32 bits",
    'Write it as "65000:1" or "large:65000:1:2"',
  );
}

function complainOfTwin(field: Field, name: string): void {
  complain(child(field, "name"), "FIELD_DUPLICATE", {
    what: `Cannot use the alias ${quote(name)} twice`,
    why: "an entry before this one has it",
    fix: "Choose another name",
  });
}
