import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { WISHES } from "#src/model/wishes.ts";

it("docs/services.md lists the annotations of each wish in the order in which they win", () => {
  const page = readFileSync("docs/services.md", "utf8");
  for (const names of Object.values(WISHES)) expect(page).toContain(names.map((name) => `\`${name}\``).join(", "));
});
