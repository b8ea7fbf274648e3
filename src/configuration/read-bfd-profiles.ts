import { BFD_LIMITS, type BfdProfile } from "#src/model/bfd-profile.ts";
import {
  child,
  complain,
  complainInvalid,
  complainMissing,
  type Field,
  isUnset,
  quote,
  readInteger,
  readList,
  readMap,
} from "#src/model/field.ts";
import { withoutUnset } from "#src/model/without-unset.ts";
import { rejectUnknownKeys } from "#src/model/unknown-keys.ts";
import { readScalarText } from "./read-scalar-text.ts";
import { readYaml11Boolean } from "./read-yaml11-boolean.ts";

const KEYS = [
  "name",
  "receive-interval",
  "transmit-interval",
  "detect-multiplier",
  "echo-interval",
  "echo-mode",
  "passive-mode",
  "minimum-ttl",
];

/** Reads `bfd-profiles`; each name is there once. */
export function readBfdProfiles(field: Field): readonly BfdProfile[] {
  const first = new Map<string, string>();
  return readList(field).flatMap((one) => {
    if (isUnset(one)) return complainMissing(one, "Write the profile, or remove the dash") ?? [];
    if (!readMap(one)) return [];
    rejectUnknownKeys(one, KEYS);
    const nameField = child(one, "name");
    const name = readName(nameField);
    const numbers = {
      receiveIntervalMs: readInteger(child(one, "receive-interval"), BFD_LIMITS.receiveIntervalMs),
      transmitIntervalMs: readInteger(child(one, "transmit-interval"), BFD_LIMITS.transmitIntervalMs),
      echoIntervalMs: readInteger(child(one, "echo-interval"), BFD_LIMITS.echoIntervalMs),
      detectMultiplier: readInteger(child(one, "detect-multiplier"), BFD_LIMITS.detectMultiplier),
      minimumTtl: readInteger(child(one, "minimum-ttl"), BFD_LIMITS.minimumTtl),
    };
    const echoMode = readYaml11Boolean(child(one, "echo-mode")) ?? false;
    const passiveMode = readYaml11Boolean(child(one, "passive-mode")) ?? false;
    if (name === undefined) return [];
    const same = first.get(name);
    if (same !== undefined)
      complain(nameField, "FIELD_DUPLICATE", {
        what: `Cannot use the name ${quote(name)}`,
        why: `${same} has it already`,
        fix: "Choose another name, or remove one of the two",
      });
    first.set(name, same ?? nameField.path);
    return [{ name, ...withoutUnset(numbers), echoMode, passiveMode }];
  });
}

function readName(field: Field): string | undefined {
  const fix = "Write name: and a word of your choice";
  if (isUnset(field)) return complainMissing(field, fix);
  const name = readScalarText(field);
  return name === "" ? complainInvalid(field, "it is empty", fix) : name;
}
