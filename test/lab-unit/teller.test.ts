import { describe, expect, it } from "vitest";
import { textTeller, type Terminal } from "#lab/demo/teller.ts";

const words = Array.from({ length: 40 }, (_, index) => `word${index}`).join(" ");

function told(terminal: Terminal, env: NodeJS.ProcessEnv = {}): string {
  let text = "";
  const teller = textTeller((line) => (text += `${line}\n`), terminal, env);
  teller.chapter("Title");
  teller.explain(words);
  return text;
}

describe("textTeller()", () => {
  it.each([0, undefined, 100])("O10 folds for 100 columns on a terminal that reports %s", (columns) => {
    const lines = told({ isTTY: true, ...(columns === undefined ? {} : { columns }) }, { NO_COLOR: "1" }).split("\n");
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(100);
    expect(lines.length).toBeLessThan(10);
  });

  it.each([
    { name: "without NO_COLOR", isTTY: true, env: {}, isStyled: true },
    { name: "with an empty NO_COLOR", isTTY: true, env: { NO_COLOR: "" }, isStyled: true },
    { name: "with NO_COLOR=1", isTTY: true, env: { NO_COLOR: "1" }, isStyled: false },
    { name: "into a file", isTTY: false, env: {}, isStyled: false },
  ])("O10 is in bold and faint only where it is wanted: $name", ({ isTTY, env, isStyled }) => {
    expect(told({ isTTY, columns: 80 }, env).includes("\u001B[")).toBe(isStyled);
  });
});
