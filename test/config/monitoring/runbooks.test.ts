import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { Alert } from "#scripts/monitoring/alert.ts";
import { ALERT_GROUPS } from "#scripts/monitoring/alert-groups.ts";
import { callCli } from "#test/cli/run-cli.ts";
import { read, root, tableOf, withTable } from "#test/docs/page.ts";
import { hasKubectl } from "#test/support/kubectl.ts";

const alerts = ALERT_GROUPS.flatMap((group) => group.alerts);
const pages = readdirSync(`${root}docs/runbooks`);
const SECTIONS = ["Meaning", "Impact", "Look at", "Do", "End"];

/** What a person fills in -> something of that kind. */
const FILLED: Readonly<Record<string, string>> = {
  "NAMESPACE/NAME": "shop/web",
  ADDRESS: "192.0.2.10",
  URL: "https://shop.example/",
  NAMESPACE: "shop",
  HOST: "shop.example",
  SECRET: "web-tls",
  POOL: "edge",
  POD: "hawser-speaker-x",
  NODE: "n1",
};

if (!hasKubectl) console.log("skipped: there is no kubectl, its commands in runbooks are not parsed");

/** The commands of the pages: those of their blocks, and those within a text. */
const commands = [...new Set(pages.flatMap((page) => commandsOf(read(`docs/runbooks/${page}`))))].toSorted();

const directory = mkdtempSync(join(tmpdir(), "hawser-runbooks-"));
afterAll(() => rmSync(directory, { recursive: true }));

/** A cluster that does not answer: a command that can be read gets as far as that. */
function awayCluster(): string {
  const file = join(directory, "kubeconfig");
  const named = {
    clusters: [{ name: "a", cluster: { server: "http://127.0.0.1:1" } }],
    users: [{ name: "a", user: {} }],
  };
  const contexts = [{ name: "a", context: { cluster: "a", user: "a" } }];
  writeFileSync(file, JSON.stringify({ apiVersion: "v1", kind: "Config", ...named, contexts, "current-context": "a" }));
  return file;
}

function commandsOf(text: string): readonly string[] {
  const blocks = [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].flatMap(([, block = ""]) => block.trim().split("\n"));
  // A command within a text has arguments; without them it is only named.
  const inline = [...text.matchAll(/`((?:hawser|kubectl) [^\s`]+ [^`\n]+)`/g)].map(([, command = ""]) => command);
  return [...blocks, ...inline];
}

function filled(command: string): readonly string[] {
  const names = Object.keys(FILLED).join("|");
  return command.replaceAll(new RegExp(`\\b(?:${names})\\b`, "g"), (name) => FILLED[name] ?? name).split(" ");
}

/** The first lines of a page, which say what the alert says. */
function headOf({ severity, expr, for: lasting }: Alert): string {
  const when = lasting === undefined ? "at once" : `after ${lasting}`;
  return `Severity \`${severity}\`; fires ${when}:\n\n\`\`\`promql\n${expr}\n\`\`\`\n`;
}

describe("docs/runbooks", () => {
  it("has a page for each alert, and an alert for each page", () => {
    expect(pages.toSorted()).toEqual(alerts.map(({ name }) => `${name}.md`).toSorted());
  });

  it.each(alerts)("$name has its severity, its expression, and every section", async (alert) => {
    const text = read(`docs/runbooks/${alert.name}.md`);
    const comment = "<!-- Written by `npm test -- test/config -u` from scripts/monitoring. -->\n";
    expect(text).toContain(`# ${alert.name}\n\n${comment}`);
    const start = text.indexOf(comment) + comment.length;
    const current = `${text.slice(0, start)}\n${headOf(alert)}\n${text.slice(text.indexOf("## Meaning"))}`;
    expect([...text.matchAll(/^## (.*)$/gm)].map(([, title]) => title)).toEqual(SECTIONS);
    for (const section of text.split(/^## /m).slice(1)) expect(section.trim().split("\n").length).toBeGreaterThan(2);
    await expect(current).toMatchFileSnapshot(`${root}docs/runbooks/${alert.name}.md`);
  });

  it("are in the table of docs/monitoring.md (`npm test -- test/config -u` writes it)", async () => {
    const rows = alerts.map(({ name, severity, summary, for: lasting = "" }) => [
      `[${name}](runbooks/${name}.md)`,
      severity,
      lasting,
      summary,
    ]);
    const table = tableOf(["Alert", "Severity", "After", "Says"], rows);
    const text = withTable(read("docs/monitoring.md"), "scripts/monitoring/alert-groups.ts", table);
    expect(text).toContain("](runbooks/HawserPoolFull.md)");
    await expect(text).toMatchFileSnapshot(`${root}docs/monitoring.md`);
  });

  it("uses no other command than these", () => {
    const others = commands.filter((command) => !/^(?:hawser|kubectl) /.test(command));
    expect(others).toEqual(["ip neigh show to ADDRESS"]);
    expect(commands.length).toBeGreaterThan(20);
  });

  it.each(commands.filter((command) => command.startsWith("hawser ")))("%s can be read", async (command) => {
    const [, verb = "", ...args] = filled(command.replace(/\bFILE\b/, join(root, "config/samples/pool.yaml")));
    // A check of files asks no cluster.
    const isOfFiles = verb === "check" && !args.includes("--cluster");
    const { code, stdout, stderr } = await callCli([
      verb,
      ...args,
      ...(isOfFiles ? [] : [`--kubeconfig=${awayCluster()}`]),
    ]);
    if (isOfFiles) expect(code).toBe(0);
    else expect(stdout + stderr).toContain("API_SERVER_UNREACHABLE");
  });

  it.skipIf(!hasKubectl).each(commands.filter((command) => command.startsWith("kubectl ")))(
    "%s can be read",
    (command) => {
      const [, ...args] = filled(command);
      const { stderr } = spawnSync("kubectl", args, {
        encoding: "utf8",
        env: { ...process.env, KUBECONFIG: awayCluster() },
      });
      expect(stderr).toMatch(/127\.0\.0\.1:1\b.*refused/);
    },
  );

  it("names objects that an installation has", () => {
    const installed = readdirSync(`${root}config`)
      .filter((file) => file.endsWith(".yaml"))
      .map((file) => read(`config/${file}`))
      .join("\n---\n");
    const named = commands.flatMap((command) =>
      [...command.matchAll(/\b(deployment|daemonset)\/(\S+)/g)].map(([, kind = "", name = ""]) => ({ kind, name })),
    );
    expect(named.length).toBeGreaterThan(0);
    const documents = installed.split(/^---$/m);
    const has = ({ kind, name }: { kind: string; name: string }) =>
      documents.some((one) => new RegExp(`^kind: ${kind}$`, "im").test(one) && one.includes(`  name: ${name}\n`));
    expect(named.filter((one) => !has(one))).toEqual([]);
  });
});
