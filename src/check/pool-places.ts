import { type IpRange, parseRange } from "#src/ip/range.ts";
import { child, descend, type Field, readList, spellingOf } from "#src/model/field.ts";
import type { Advertisement } from "#src/model/advertisement.ts";
import type { Kind } from "#src/model/kind.ts";
import type { Pool } from "#src/model/pool.ts";
import { readYaml } from "#src/model/read-yaml.ts";
import { writtenInText } from "#src/model/written-yaml.ts";

/** The fields of a configuration that findings about its pools name, each at the line of its value. */
export interface PoolPlaces {
  selectorsOf(advertisement: Advertisement): Field;
  interfacesOf(advertisement: Advertisement): Field;
  rangeOf(pool: Pool, range: IpRange): Field;
}

/** Finds where the pools of a configuration are written; findings name the whole of it where no lines are known. */
export function poolPlaces(config: Field, resourceAt: (kind: Kind, key: string) => Field): PoolPlaces {
  const pools = fieldsByName(config);
  const at = (pool: { readonly name: string }, pick: (field: Field) => Field): Field => {
    const field = pools.get(pool.name);
    return { ...config, path: `pool "${pool.name}"`, place: field === undefined ? config.place : pick(field).place };
  };
  const ofRule = (rule: Advertisement, inResource: string, inPool: string): Field =>
    rule.resource === undefined
      ? at(rule, (field) => child(field, inPool))
      : descend(resourceAt("L2Advertisement", rule.resource), "spec", inResource);
  return {
    selectorsOf: (rule) => ofRule(rule, "nodeSelectors", "node-selectors"),
    interfacesOf: (rule) => ofRule(rule, "interfaces", "interfaces"),
    rangeOf(pool, range) {
      if (pool.resource === undefined) return at(pool, (field) => rangeIn(child(field, "addresses"), range));
      const resource = resourceAt("IPAddressPool", pool.resource);
      return { ...resource, place: rangeIn(descend(resource, "spec", "addresses"), range).place };
    },
  };
}

function rangeIn(addresses: Field, range: IpRange): Field {
  return readList(addresses).find(({ value }) => isSame(value, range)) ?? addresses;
}

function fieldsByName(config: Field): ReadonlyMap<string, Field> {
  const text = descend(config, "data", "config");
  if (typeof text.value !== "string" || text.place === undefined) return new Map();
  const [document] = readYaml(text.value);
  if (document?.ok !== true) return new Map();
  const place = { written: writtenInText(text.place, document.written), keys: [] };
  const root: Field = { ...text, value: document.value, place, problems: [] };
  return new Map(readList(child(root, "address-pools")).map((pool) => [spellingOf(child(pool, "name")), pool]));
}

function isSame(written: unknown, { family, first, last }: IpRange): boolean {
  const parsed = parseRange(String(written));
  if (!parsed.ok) return false;
  const { range } = parsed;
  return range.family === family && range.first === first && range.last === last;
}
