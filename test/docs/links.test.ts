import { existsSync, globSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { commandNames, helpOf } from "./help-of.ts";
import { read, root } from "./page.ts";

const pages = [...globSync(["*.md", "docs/**/*.md", "charts/**/*.md"], { cwd: root })].toSorted();

/** A page without its blocks of code. */
function withoutBlocks(page: string): string {
  return read(page).replaceAll(/^```[\s\S]*?^```$/gm, "");
}

/** The anchors of a page's headings, as hosts of Markdown make them. */
function anchorsOf(page: string): ReadonlySet<string> {
  const seen = new Map<string, number>();
  const slugs = [...withoutBlocks(page).matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) => {
    const plain = title.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase();
    const slug = plain.replaceAll(/[^\p{L}\p{N}_ -]/gu, "").replaceAll(" ", "-");
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    return count === 0 ? slug : `${slug}-${count}`;
  });
  return new Set(slugs);
}

/** `docs/pools.md#quota` of each link to a place of the repository, from its root. */
function linksOf(page: string): readonly string[] {
  const text = withoutBlocks(page).replaceAll(/`[^`\n]*`/g, "");
  const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);
  return targets
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => (target.startsWith("#") ? page + target : normalize(join(dirname(page), target))));
}

/** Why a link leads nowhere; undefined where it does lead to something. */
function whyBroken(link: string): string | undefined {
  const [path = "", anchor] = link.split("#");
  if (!existsSync(join(root, path))) return `${path} does not exist`;
  if (anchor === undefined || !path.endsWith(".md")) return undefined;
  return anchorsOf(path).has(anchor) ? undefined : `${path} has no heading #${anchor}`;
}

describe("links of pages", () => {
  it.each(pages)("%s: each leads to a file that is there, and to a heading in it", (page) => {
    expect(linksOf(page).flatMap((link) => whyBroken(link) ?? [])).toEqual([]);
  });

  it("F docs/README.md, the entry page, leads to every page of docs, alone or with README.md", () => {
    const linked = new Set(["docs/README.md", "README.md"].flatMap(linksOf).map((link) => link.split("#")[0]));
    const wanted = globSync("docs/*.md", { cwd: root }).filter((page) => page !== "docs/README.md");
    expect(wanted.filter((page) => !linked.has(page)).toSorted()).toEqual([]);
  });
});

describe("commands of pages", () => {
  let helps: ReadonlyMap<string, string>;

  beforeAll(async () => {
    const names = (await commandNames()).filter((name) => name !== "demo");
    const forUrl = await helpOf("explain", "https://shop.example/");
    const texts = names.map(async (name) => [name, (await helpOf(name)) + (name === "explain" ? forUrl : "")] as const);
    helps = new Map(await Promise.all(texts));
  });

  it.each(pages.filter((page) => page !== "CHANGELOG.md" && !page.startsWith("docs/adr/")))(
    "%s: hawser has the commands, and they the options",
    (page) => {
      const code = [...read(page).matchAll(/`([^`\n]+)`|^```[a-z]*\n([\s\S]*?)^```$/gm)].flatMap(([, span, block]) =>
        (span ?? block ?? "").split("\n"),
      );
      const wrong = code.flatMap((line) => {
        const [, verb = "", rest = ""] = /^(?:\$ )?(?:npx |kubectl )?hawser ([a-z]+)\b([^#|;]*)/.exec(line) ?? [];
        if (verb === "") return [];
        // The demo takes its time for its help.
        if (verb === "demo") return [];
        const help = helps.get(verb);
        if (help === undefined) return [`hawser ${verb}`];
        const options = [...rest.matchAll(/(?<=\s)--[a-z][a-z-]+/g)].map(([option]) => option);
        return options.filter((option) => !help.includes(option)).map((option) => `hawser ${verb} ${option}`);
      });
      expect(wrong).toEqual([]);
    },
  );
});

describe("docs/troubleshooting.md", () => {
  const rows = [...read("docs/troubleshooting.md").matchAll(/^\| (?!you see|---)(.+?) \|/gm)].map(
    ([, seen = ""]) => seen,
  );

  it("F has thirty symptoms and more, each once", () => {
    expect(rows.length).toBeGreaterThanOrEqual(30);
    expect(new Set(rows).size).toBe(rows.length);
  });

  it("F names codes and reasons that docs/errors.md has", () => {
    const known = new Set([...read("docs/errors.md").matchAll(/^\| `([^`]+)`/gm)].map(([, name = ""]) => name));
    // Of Kubernetes and of ARP; causes of takeovers are values of a metric.
    const others = [
      "ErrImageNeverPull",
      "ImagePullBackOff",
      "FailedMount",
      "PreferDualStack",
      "INCOMPLETE",
      "MemberSilent",
    ];
    const named = [...read("docs/troubleshooting.md").matchAll(/`([A-Z][A-Z_]{6,}|(?:[A-Z][a-z]+){2,})`/g)];
    const unknown = named.map(([, name = ""]) => name).filter((name) => !known.has(name) && !others.includes(name));
    expect(unknown).toEqual([]);
  });
});
