import { descend, type Field, spellingOf } from "#src/model/field.ts";
import { readYaml } from "#src/model/read-yaml.ts";
import { listOf, recordOf } from "#src/model/record.ts";
import { lineInText } from "#src/model/written-yaml.ts";

/** The line in which each pool of a configuration begins, by its name; empty where no lines are known. */
export function poolLines(config: Field): ReadonlyMap<string, number> {
  const field = descend(config, "data", "config");
  const { value, place } = field;
  if (typeof value !== "string" || place === undefined) return new Map();
  const [document] = readYaml(value);
  if (document?.ok !== true) return new Map();
  const { written } = document;
  const pools = listOf(recordOf(document.value)["address-pools"]);
  return new Map(
    pools.flatMap((pool, index): (readonly [string, number])[] => {
      const keys = ["address-pools", index];
      const line = lineInText(place, written.lineOf(keys));
      const name = { ...field, value: recordOf(pool)["name"], place: { written, keys: [...keys, "name"] } };
      return line === undefined ? [] : [[spellingOf(name), line]];
    }),
  );
}
