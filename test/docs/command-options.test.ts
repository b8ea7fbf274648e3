// Pages that list the commands with an option list all of them.
import { beforeAll, describe, expect, it } from "vitest";
import { commandNames, helpOf, PROGRAMS } from "./help-of.ts";
import { read } from "./page.ts";

let helps: ReadonlyMap<string, string>;
beforeAll(async () => {
  // Programs run until they are ended, and their options are said of them by name.
  const commands = (await commandNames()).filter((name) => !Object.hasOwn(PROGRAMS, name));
  helps = new Map(await Promise.all(commands.map(async (name) => [name, await helpOf(name)] as const)));
});

/** The commands that have an option, in the order of `hawser --help`. */
function having(option: string): string {
  const found = [...helps].filter(([, help]) => help.includes(` ${option} `)).map(([name]) => name);
  return found.map((name, at) => `\`${at === 0 ? "hawser " : ""}${name}\``).join(", ");
}

describe("a page that lists the commands with an option lists all of them", () => {
  it("reads the help of all commands", () => {
    expect(helps.size).toBeGreaterThanOrEqual(8);
    expect([...helps.values()].every((help) => help.startsWith("Usage: hawser "))).toBe(true);
  });

  it.each([
    { page: "docs/metallb.md", options: ["--config-map"] },
    { page: "docs/services.md", options: ["--load-balancer-class", "--also-classless"] },
  ])("$page: $options", ({ page, options }) => {
    const text = read(page).replace(/\s+/g, " ");
    for (const option of options) {
      expect(having(option).split(", ").length).toBeGreaterThan(7);
      expect(text).toContain(`(${having(option)})`);
    }
  });
});
