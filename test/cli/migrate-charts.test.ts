// Ingresses in the form that popular charts produce: each works in Hawser, or the report says what to do about it.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { JudgedIngress } from "#src/migration/ingress-nginx/judge-ingress.ts";
import { callCli } from "./run-cli.ts";

const folder = fileURLToPath(new URL("../golden/migrate-nginx/charts/", import.meta.url));
const charts = readdirSync(folder)
  .filter((name) => name.endsWith(".in.yaml"))
  .map((name) => name.replace(".in.yaml", ""));

async function ingressesOf(chart: string): Promise<readonly JudgedIngress[]> {
  const { stdout } = await callCli(["migrate", "ingress-nginx", "-o", "json", join(folder, `${chart}.in.yaml`)]);
  return (JSON.parse(stdout) as { readonly ingresses: readonly JudgedIngress[] }).ingresses;
}

/** One line for each Ingress and for each thing that is said of it. */
function printed({ ingress, verdict, served, needless, findings }: JudgedIngress): string {
  const names = [...served, ...needless].map((name) => `  with ${name}\n`).join("");
  const told = findings.map(({ effect, at, text, fix }) => `  ${effect}: ${at}: ${text}. ${fix}\n`).join("");
  return `${verdict}: ${ingress}\n${names}${told}`;
}

describe("Ingresses of popular charts", () => {
  it("are those of 26 charts", () => expect(charts).toHaveLength(26));

  it.each(charts)("%s: each Ingress works, or is refused with the way out", async (chart) => {
    const ingresses = await ingressesOf(chart);
    await expect(ingresses.map(printed).join("")).toMatchFileSnapshot(join(folder, `${chart}.out.txt`));
    for (const { verdict, findings } of ingresses) {
      const refusals = findings.filter(({ effect }) => effect === "refused");
      expect(refusals.length > 0).toBe(verdict === "refused");
      expect(findings.every(({ fix }) => /^[A-Z"]/.test(fix))).toBe(true);
    }
  });
});
