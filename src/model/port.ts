import { complain, complainInvalid, type Field, isUnset, quote, readInteger } from "./field.ts";
import { isPortName } from "./name.ts";

const RANGE = { min: 1, max: 65_535 };

/** A port number, 1 to 65535. */
export function readPort(field: Field): number | undefined {
  return readInteger(field, RANGE);
}

/** A port by number or by name (IntOrString of the Kubernetes API); a number in quotes is one too. */
export function readPortReference(field: Field): number | string | undefined {
  const { value } = field;
  if (isUnset(field)) return undefined;
  if (typeof value === "number") return readPort(field);
  if (typeof value !== "string") {
    const fix = "Write a number, or the name of a port";
    return complain(field, "FIELD_WRONG_TYPE", { what: `Cannot read ${quote(value)}`, why: "it is not a port", fix });
  }
  if (/^\d{1,5}$/.test(value)) return readPort({ ...field, value: Number(value) });
  if (isPortName(value)) return value;
  const why = "it is neither a number nor the name of a port (15 of a-z, 0-9 and -)";
  return complainInvalid(field, why, "Write the number or the name of the port");
}
