import { describe, expect, it } from "vitest";
import { LOG_VARIABLES } from "#ingress/engine/log/log-variables.ts";
import { read, root, tableOf, withTable } from "./page.ts";

describe("docs/access-log.md", () => {
  it("lists every variable, and none that does not exist (`npm test -- test/docs -u` writes it)", async () => {
    const rows = Object.entries(LOG_VARIABLES).map(([name, { meaning }]) => [`\`$${name}\``, meaning]);
    const table = tableOf(["Variable", "Meaning"], rows);
    const text = withTable(read("docs/access-log.md"), "ingress/engine/log/log-variables.ts", table);
    await expect(text).toMatchFileSnapshot(`${root}docs/access-log.md`);
  });
});
