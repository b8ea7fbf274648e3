import { readFileSync } from "node:fs";

/** The version of Hawser, from package.json. */
export const version: string = readVersion();

function readVersion(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  const parsed = JSON.parse(text) as { readonly version: string };
  return parsed.version;
}
