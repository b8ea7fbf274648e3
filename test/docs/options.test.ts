import { hostname } from "node:os";
import { describe, expect, it } from "vitest";
import { helpOf, PROGRAMS } from "./help-of.ts";
import { read, root, tableOf, withTable } from "./page.ts";

const PAGE = "docs/options.md";

/** The options of a program as its help has them, in its order. */
async function optionsOf(program: string): Promise<readonly (readonly string[])[]> {
  const help = await helpOf(program);
  const options = [...help.matchAll(/^ {2}((?:-\w, )?--\S+(?: \S+)?) {2,}(.*)$/gm)];
  return options.map(([, option = "", says = ""]) => [
    `\`${option}\``,
    says.trim().replace(`(default ${hostname()})`, "(default: the name of this machine)"),
  ]);
}

describe(PAGE, () => {
  it("lists the options of each program as its help does (`npm test -- test/docs -u` writes it)", async () => {
    let text = read(PAGE);
    for (const program of Object.keys(PROGRAMS)) {
      const rows = await optionsOf(program);
      expect(rows.length).toBeGreaterThan(15);
      text = withTable(text, `hawser ${program} --help`, tableOf(["Option", "Says"], rows));
    }
    await expect(text).toMatchFileSnapshot(root + PAGE);
  });
});
