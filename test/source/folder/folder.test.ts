import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { stringify } from "yaml";
import type { Kind } from "#src/model/kind.ts";
import { keyOf, type KubeObject, type ObjectRef } from "#src/model/object.ts";
import { createLogger } from "#src/process/log.ts";
import { readEvents } from "#src/source/folder/event-file.ts";
import { openFolderSource } from "#src/source/folder/folder.ts";
import type { Source } from "#src/source/source.ts";
import { eventually } from "#test/support/eventually.ts";
import {
  configMapManifest,
  describeSource,
  type Program,
  refTo,
  serviceManifest,
  type World,
} from "#test/source/contract.ts";

const log = createLogger({ component: "test", level: "silent" });

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function scratch(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "hawser-folder-"));
  closers.push(async () => rm(directory, { recursive: true, force: true }));
  return directory;
}

describeSource("a folder of manifests", async (): Promise<World> => {
  const directory = await mkdtemp(join(tmpdir(), "hawser-folder-"));
  const fileOf = ({ kind, name }: { kind: unknown; name: unknown }): string =>
    join(directory, `${String(kind)}-${String(name)}.yaml`);
  return {
    source: () => openFolderSource({ directory, log, debounceMs: 5 }),
    put: async (manifest) => {
      const { name } = manifest["metadata"] as { readonly name: string };
      await writeFile(fileOf({ kind: manifest["kind"], name }), stringify(manifest));
    },
    remove: async (ref) => rm(fileOf(ref)),
    hasAllKinds: true,
    define: async () => undefined,
    undefine: async (kind) => {
      const files = await readdir(directory);
      for (const file of files) if (file.startsWith(`${kind}-`)) await rm(join(directory, file));
    },
    forgotten: async ({ kind, namespace, name }) =>
      vi.waitFor(async () => {
        const names = await readdir(join(directory, ".hawser/status", kind, namespace));
        expect(names).not.toContain(`${name}.yaml`);
      }, eventually),
    events: async () => readEvents(directory),
    close: async () => rm(directory, { recursive: true, force: true }),
  };
});

interface Opened extends Program {
  find(name: string, kind?: Kind): KubeObject | undefined;
  /** The Problems standing now, as `CODE where`. */
  standing(): readonly string[];
}

/** Opens a program on a folder; `ready` resolves with `open()`. */
function launch(directory: string, clock?: () => number): Opened & { readonly ready: Promise<void> } {
  const source: Source = openFolderSource({ directory, log, debounceMs: 5, clock });
  closers.push(async () => source.close());
  const program: Program = { source, changes: [], presence: [], problems: [] };
  const ready = source.open(["Service", "ConfigMap"], {
    onChange: (changed) => program.changes.push(changed),
    onProblems: (where, problems) => program.problems.push({ where, problems }),
  });
  return {
    ...program,
    ready,
    find: (name, kind = "Service") => source.list(kind).get(keyOf(refTo(name, kind))),
    standing: () => {
      const now = new Map(program.problems.map(({ where, problems }) => [where, problems]));
      return [...now].flatMap(([where, problems]) => problems.map(({ code }) => `${code} ${where}`));
    },
  };
}

async function open(directory: string, clock?: () => number): Promise<Opened> {
  const opened = launch(directory, clock);
  await opened.ready;
  return opened;
}

/** Old enough to be trusted at once. */
async function writeSettled(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  await utimes(path, 1_000_000, 1_000_000);
}

const documents = (...manifests: unknown[]): string => manifests.map((one) => stringify(one)).join("---\n");

describe("openFolderSource() reads", () => {
  it("YAML of several documents, JSON, and sub-folders, and passes over hidden files and editors' copies", async () => {
    const directory = await scratch();
    await writeSettled(join(directory, "a.yaml"), documents(serviceManifest("a"), serviceManifest("b")));
    await writeSettled(join(directory, "team/c.yml"), documents(serviceManifest("c")));
    await writeSettled(join(directory, "team.x/d.json"), JSON.stringify(serviceManifest("d")));
    for (const name of [".e.yaml", "f.yaml~", ".g.yaml.swp", "README.md", ".git/h.yaml"])
      await writeSettled(join(directory, name), documents(serviceManifest("hidden")));
    const { source, problems } = await open(directory);
    expect([...source.list("Service").keys()].sort()).toEqual(["shop/a", "shop/b", "shop/c", "shop/d"]);
    expect(problems).toEqual([]);
  });

  it("a file by a link, and not a folder by a link", async () => {
    const directory = await scratch();
    const elsewhere = await scratch();
    await writeSettled(join(elsewhere, "real.yaml"), documents(serviceManifest("linked")));
    await symlink(join(elsewhere, "real.yaml"), join(directory, "link.yaml"));
    await symlink(directory, join(directory, "loop"));
    await symlink(join(elsewhere, "nothing.yaml"), join(directory, "dangling.yaml"));
    const { source, problems } = await open(directory);
    expect([...source.list("Service").keys()]).toEqual(["shop/linked"]);
    expect(problems).toEqual([]);
  });

  it("a mounted ConfigMap's swap of its ..data link", async () => {
    const directory = await scratch();
    await writeSettled(join(directory, "..one/a.yaml"), documents(serviceManifest("one")));
    await symlink("..one", join(directory, "..data"));
    await symlink("..data/a.yaml", join(directory, "a.yaml"));
    const program = await open(directory);
    expect(program.find("one")).toBeDefined();
    await writeSettled(join(directory, "..two/a.yaml"), documents(serviceManifest("two")));
    await symlink("..two", join(directory, "..tmp"));
    await rename(join(directory, "..tmp"), join(directory, "..data"));
    await vi.waitFor(() => expect(program.find("two")).toBeDefined(), eventually);
    expect(program.find("one")).toBeUndefined();
  });

  it("1,000 files, then only the one that changes", async () => {
    const directory = await scratch();
    for (let index = 0; index < 1_000; index++)
      await writeSettled(join(directory, `d${index % 10}/s${index}.yaml`), documents(serviceManifest(`s${index}`)));
    const program = await open(directory);
    const before = program.source.list("Service");
    expect(before.size).toBe(1_000);
    await writeFile(join(directory, "d7/s77.yaml"), documents(serviceManifest("s77", { ports: [{ port: 81 }] })));
    await vi.waitFor(() => expect(program.find("s77")).not.toBe(before.get("shop/s77")), eventually);
    const same = [...program.source.list("Service")].filter(([key, object]) => before.get(key) === object);
    expect(same.length).toBe(999);
    expect(program.changes.flat().filter(({ name }) => name === "s77").length).toBe(2);
  });
});

describe("openFolderSource() on files that are not well", () => {
  it("keeps what a half-written file held, says so once, and takes the whole one", async () => {
    const directory = await scratch();
    const path = join(directory, "a.yaml");
    await writeSettled(path, documents(serviceManifest("a"), serviceManifest("b")));
    const program = await open(directory);
    await writeFile(path, `${documents(serviceManifest("a"))}---\nkind: Service\nmetadata: {name: "b`);
    await vi.waitFor(() => expect(program.standing()).toEqual([`MANIFEST_NOT_YAML ${path}`]), eventually);
    expect(program.find("b")).toBeDefined();
    await writeFile(path, documents(serviceManifest("a"), serviceManifest("b", { ports: [{ port: 81 }] })));
    await vi.waitFor(() => expect(program.find("b")?.["spec"]).toMatchObject({ ports: [{ port: 81 }] }), eventually);
    expect(program.standing()).toEqual([]);
    expect(program.problems.filter(({ problems }) => problems.length > 0).length).toBe(1);
  });

  it("does not take a file cut at a document's end for the whole, until it stands still", async () => {
    const directory = await scratch();
    const path = join(directory, "a.yaml");
    await writeSettled(path, documents(serviceManifest("a"), serviceManifest("b")));
    let nowMs = 2_000_000_000;
    const program = await open(directory, () => nowMs);
    const refs = (): readonly string[] => program.changes.flat().map(({ name }) => name);
    program.changes.length = 0;
    // Written just now by a clock that stands still: a busy machine may look late.
    const written = join(await scratch(), "a.yaml");
    await writeFile(written, documents(serviceManifest("a", { ports: [{ port: 81 }] })));
    await utimes(written, nowMs / 1000, nowMs / 1000);
    await rename(written, path);
    await vi.waitFor(() => expect(refs()).toContain("a"), eventually);
    expect(program.find("b")).toBeDefined();
    nowMs += 1_000;
    await vi.waitFor(() => expect(program.find("b")).toBeUndefined(), eventually);
    expect(refs()).toEqual(["a", "b"]);
  });

  it("takes the first of two files with the same object, and the second when the first goes", async () => {
    const directory = await scratch();
    await writeSettled(join(directory, "1.yaml"), documents(serviceManifest("a", { ports: [{ port: 1 }] })));
    await writeSettled(join(directory, "2.yaml"), documents(serviceManifest("a", { ports: [{ port: 2 }] })));
    const program = await open(directory);
    expect(program.find("a")?.["spec"]).toMatchObject({ ports: [{ port: 1 }] });
    expect(program.standing()).toEqual([`MANIFEST_DUPLICATE ${join(directory, "2.yaml")}`]);
    await rm(join(directory, "1.yaml"));
    await vi.waitFor(() => expect(program.find("a")?.["spec"]).toMatchObject({ ports: [{ port: 2 }] }), eventually);
    expect(program.standing()).toEqual([]);
  });

  it("takes a file that went and came back, as with some editors, for the same", async () => {
    const directory = await scratch();
    const path = join(directory, "a.yaml");
    await writeSettled(path, documents(serviceManifest("a")));
    const program = await open(directory);
    await program.source.patch(refTo("a"), { status: { kept: true } });
    await rm(path);
    await vi.waitFor(() => expect(program.find("a")).toBeUndefined(), eventually);
    await writeFile(path, documents(serviceManifest("a", { ports: [{ port: 81 }] })));
    await vi.waitFor(() => expect(program.find("a")).toBeDefined(), eventually);
    expect(program.find("a")).toMatchObject({ status: { kept: true }, spec: { ports: [{ port: 81 }] } });
  });

  it("keeps an object that moves to another file", async () => {
    const directory = await scratch();
    await writeSettled(join(directory, "1.yaml"), documents(serviceManifest("a"), serviceManifest("b")));
    const program = await open(directory);
    await program.source.patch(refTo("a"), { status: { kept: true } });
    await rename(join(directory, "1.yaml"), join(directory, "2.yaml"));
    await writeFile(join(directory, "3.yaml"), documents(serviceManifest("c")));
    await vi.waitFor(() => expect(program.find("c")).toBeDefined(), eventually);
    expect(program.find("a")?.["status"]).toEqual({ kept: true });
    expect(program.find("b")).toBeDefined();
  });

  it("keeps what an unreadable file held, and reads it when it can", async () => {
    const directory = await scratch();
    const path = join(directory, "a.yaml");
    await writeSettled(path, documents(serviceManifest("a")));
    const program = await open(directory);
    // A regular file whose first byte nobody can read, not even root.
    await symlink("/proc/self/mem", join(directory, ".link"));
    await rename(join(directory, ".link"), path);
    await vi.waitFor(() => expect(program.standing()).toEqual([`MANIFEST_UNREADABLE ${path}`]), eventually);
    expect(program.find("a")).toBeDefined();
    await writeSettled(join(directory, ".fresh"), documents(serviceManifest("a", { ports: [{ port: 81 }] })));
    await rename(join(directory, ".fresh"), path);
    await vi.waitFor(() => expect(program.standing()).toEqual([]), eventually);
    expect(program.find("a")?.["spec"]).toMatchObject({ ports: [{ port: 81 }] });
  });

  it("passes over a folder that is named like a manifest, and a file that is too large", async () => {
    const directory = await scratch();
    await mkdir(join(directory, "folder.yaml"));
    await writeSettled(join(directory, "large.yaml"), "#".repeat(17 * 1_024 * 1_024));
    await writeSettled(join(directory, "z.yaml"), documents(serviceManifest("a")));
    const program = await open(directory);
    expect(program.find("a")).toBeDefined();
    expect(program.standing()).toEqual([`MANIFEST_UNREADABLE ${join(directory, "large.yaml")}`]);
  });

  it("waits for a folder that is missing, and outlives its removal", async () => {
    const directory = join(await scratch(), "later");
    const program = launch(directory);
    await vi.waitFor(() => expect(program.standing()).toEqual([`MANIFESTS_MISSING ${directory}`]), eventually);
    await writeSettled(join(directory, "a.yaml"), documents(serviceManifest("a")));
    await program.ready;
    await vi.waitFor(() => expect(program.find("a")).toBeDefined(), eventually);
    expect(program.standing()).toEqual([]);
    // At once: of a folder that is emptied first it may see that it is empty.
    await rename(directory, `${directory}.gone`);
    await rm(`${directory}.gone`, { recursive: true });
    await vi.waitFor(() => expect(program.standing()).toEqual([`MANIFESTS_MISSING ${directory}`]), eventually);
    expect(program.find("a")).toBeDefined();
    await writeSettled(join(directory, "b.yaml"), documents(serviceManifest("b")));
    await vi.waitFor(() => expect(program.find("b")).toBeDefined(), eventually);
    expect(program.find("a")).toBeUndefined();
  });

  it("ends a wait for a missing folder on close()", async () => {
    const program = launch(join(await scratch(), "never"));
    await program.source.close();
    await expect(program.ready).resolves.toBeUndefined();
  });

  it("sees the last state after a storm of renames", async () => {
    const directory = await scratch();
    const path = join(directory, "a.yaml");
    const program = await open(directory);
    for (let port = 1; port <= 300; port++) {
      await writeFile(join(directory, `.a.${port}`), documents(serviceManifest("a", { ports: [{ port }] })));
      await rename(join(directory, `.a.${port}`), path);
    }
    await vi.waitFor(() => expect(program.find("a")?.["spec"]).toMatchObject({ ports: [{ port: 300 }] }), eventually);
    expect(program.changes.length).toBeLessThan(300);
    expect(program.standing()).toEqual([]);
  });
});

/** A user namespace has its own limit of watches, which we can set. */
const [unshare, ...limited] = [
  "unshare",
  "--user",
  "--map-root-user",
  "sh",
  "-c",
  'echo 0 > /proc/sys/user/max_inotify_watches && exec "$@"',
  "sh",
];
const canLimit = spawnSync(unshare, [...limited, "true"]).status === 0;

describe("openFolderSource() without watches", () => {
  it.skipIf(!canLimit)("says so once, and finds changes all the same", async () => {
    const directory = await scratch();
    await writeSettled(join(directory, "a.yaml"), documents(serviceManifest("a")));
    const script = `
      const { openFolderSource } = await import("#src/source/folder/folder.ts");
      const { createLogger } = await import("#src/process/log.ts");
      const source = openFolderSource({ directory: process.argv[1], log: createLogger({ component: "x", level: "silent" }) });
      const say = (word) => process.stdout.write(word + "\\n");
      await source.open(["Service"], {
        onChange: (refs) => say(refs.map(({ name }) => name).join()),
        onProblems: (where, problems) => say(problems.map(({ code }) => code).join()),
      });
      say("open");`;
    const node = [process.execPath, "--input-type=module", "-e", script, directory];
    const child = spawn(unshare, [...limited, ...node], { stdio: ["ignore", "pipe", "inherit"] });
    closers.push(async () => child.kill("SIGKILL"));
    let said = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
    await vi.waitFor(() => expect(said).toBe("WATCH_REFUSED\na\nopen\n"), eventually);
    await writeSettled(join(directory, "b.yaml"), documents(serviceManifest("b")));
    await vi.waitFor(() => expect(said).toBe("WATCH_REFUSED\na\nopen\nb\n"), eventually);
  });
});

describe("openFolderSource() writes status", () => {
  const path = (directory: string, name: string): string =>
    join(directory, ".hawser/status/Service/shop", `${name}.yaml`);
  const patch = { status: { loadBalancer: { ingress: [{ ip: "192.0.2.1" }] } } };

  async function patched(): Promise<{ directory: string; program: Opened }> {
    const directory = await scratch();
    await writeSettled(join(directory, "a.yaml"), documents(serviceManifest("a")));
    const program = await open(directory);
    expect(await program.source.patch(refTo("a"), patch)).toBe("written");
    return { directory, program };
  }

  it("for people: a comment on top, then YAML, and nothing else in the folder", async () => {
    const { directory } = await patched();
    const text = await readFile(path(directory, "a"), "utf8");
    expect(text).toMatch(/^# Written by Hawser: the status of Service shop\/a\.\n#.*\n#.*Do not edit/);
    expect(text).toContain("status:\n  loadBalancer:\n    ingress:\n      - ip: 192.0.2.1\n");
    expect(await readdir(dirname(path(directory, "a")))).toEqual(["a.yaml"]);
  });

  it("over a status in the manifest", async () => {
    const { directory, program } = await patched();
    await writeFile(join(directory, "a.yaml"), documents({ ...serviceManifest("a"), status: { own: 1 } }));
    await writeFile(join(directory, "b.yaml"), documents({ ...serviceManifest("b"), status: { own: 1 } }));
    await vi.waitFor(() => expect(program.find("b")?.["status"]).toEqual({ own: 1 }), eventually);
    expect(program.find("a")?.["status"]).toEqual(patch.status);
  });

  it("and answers conflict when the file was changed by another hand, which it then shows", async () => {
    const { directory, program } = await patched();
    // At once, so that the program cannot have seen it when it patches.
    writeFileSync(path(directory, "a"), "status: {edited: true}\n");
    expect(await program.source.patch(refTo("a"), { status: { mine: 1 } })).toBe("conflict");
    await vi.waitFor(() => expect(program.find("a")?.["status"]).toEqual({ edited: true }), eventually);
    expect(await program.source.patch(refTo("a"), { status: { mine: 1 } })).toBe("written");
    expect(program.find("a")?.["status"]).toEqual({ edited: true, mine: 1 });
  });

  it("and hides an annotation of the manifest that a program removed, until the manifest says something else", async () => {
    const { directory, program } = await patched();
    const write = async (text: string): Promise<void> => {
      const manifest = serviceManifest("a");
      const metadata = { ...(manifest["metadata"] as object), annotations: { wish: text } };
      await writeFile(join(directory, "a.yaml"), documents({ ...manifest, metadata }));
    };
    const shows = async (text: string | undefined): Promise<void> =>
      vi.waitFor(() => expect(program.find("a")?.metadata.annotations["wish"]).toBe(text), eventually);
    await write("one");
    await shows("one");
    expect(await program.source.patch(refTo("a"), { annotations: { wish: undefined } })).toBe("written");
    await shows(undefined);
    expect(await readFile(path(directory, "a"), "utf8")).toContain("removed:\n  wish: one\n");
    const { find } = await open(directory);
    expect(find("a")?.metadata.annotations["wish"]).toBeUndefined();
    await write("two");
    await shows("two");
    expect(await program.source.patch(refTo("a"), { annotations: { wish: "three" } })).toBe("written");
    await shows("three");
    expect(await program.source.patch(refTo("a"), { annotations: { wish: undefined } })).toBe("written");
    await shows(undefined);
  });

  it("and releases it when a person deletes the file", async () => {
    const { directory, program } = await patched();
    await rm(path(directory, "a"));
    await vi.waitFor(() => expect(program.find("a")?.["status"]).toBeUndefined(), eventually);
    expect(await program.source.patch(refTo("a"), patch)).toBe("written");
  });

  it("and goes on with what it knew when the file breaks, and mends it with the next patch", async () => {
    const { directory, program } = await patched();
    await writeFile(join(directory, ".broken"), "{{{");
    await rename(join(directory, ".broken"), path(directory, "a"));
    await vi.waitFor(
      () => expect(program.standing()).toEqual([`STATUS_FILE_BROKEN ${path(directory, "a")}`]),
      eventually,
    );
    expect(program.find("a")?.["status"]).toEqual(patch.status);
    // Once the file has settled it is read again, and is as broken as before.
    await writeFile(join(directory, "b.yaml"), documents(serviceManifest("b"), serviceManifest("c")));
    await vi.waitFor(() => expect(program.find("c")).toBeDefined(), eventually);
    await writeFile(join(directory, "b.yaml"), documents(serviceManifest("b")));
    await vi.waitFor(() => expect(program.find("c")).toBeUndefined(), eventually);
    expect(program.problems.length).toBe(1);
    expect(await program.source.patch(refTo("a"), { status: { more: 1 } })).toBe("written");
    await vi.waitFor(() => expect(program.standing()).toEqual([]), eventually);
    expect(program.find("a")?.["status"]).toEqual({ ...patch.status, more: 1 });
  });

  it("and removes it with the manifest, also one that went while no program ran", async () => {
    const { directory, program } = await patched();
    await writeFile(join(directory, "b.yaml"), documents(serviceManifest("b"), serviceManifest("c")));
    await vi.waitFor(() => expect(program.find("c")).toBeDefined(), eventually);
    for (const name of ["b", "c"]) await program.source.patch(refTo(name), patch);
    await rm(join(directory, "a.yaml"));
    await vi.waitFor(async () => {
      expect((await readdir(dirname(path(directory, "a")))).sort()).toEqual(["b.yaml", "c.yaml"]);
    }, eventually);
    await program.source.close();
    await writeSettled(join(directory, "b.yaml"), documents(serviceManifest("c")));
    const next = await open(directory);
    await next.source.patch(refTo("c"), { status: { seen: true } });
    expect(await readdir(dirname(path(directory, "a")))).toEqual(["c.yaml"]);
  });

  it("but a program that patches nothing deletes nothing", async () => {
    const { directory, program } = await patched();
    await program.source.close();
    const reader = await open(directory);
    await rm(join(directory, "a.yaml"));
    await vi.waitFor(() => expect(reader.find("a")).toBeUndefined(), eventually);
    await reader.source.close();
    expect(await readdir(dirname(path(directory, "a")))).toEqual(["a.yaml"]);
  });

  it("and leaves it to a program that writes it right now", async () => {
    const { directory, program } = await patched();
    await writeFile(join(dirname(path(directory, "a")), ".a.yaml.tmp"), "half");
    expect(await program.source.patch(refTo("a"), { status: { more: 1 } })).toBe("conflict");
  });

  it("and takes over a claim that a dead program left behind", async () => {
    const { directory, program } = await patched();
    const claim = join(dirname(path(directory, "a")), ".a.yaml.tmp");
    await writeSettled(claim, "half");
    expect(await program.source.patch(refTo("a"), { status: { more: 1 } })).toBe("written");
    expect(await readdir(dirname(claim))).toEqual(["a.yaml"]);
  });

  it("by many hands at once without losing one: 4 programs count to 40 together", async () => {
    const directory = await scratch();
    await writeSettled(join(directory, "a.yaml"), documents(serviceManifest("a")));
    const programs = await Promise.all([1, 2, 3, 4].map(async () => open(directory)));
    const counted = ({ find }: Opened): number => (find("a")?.["status"] as { n?: number } | undefined)?.n ?? 0;
    await Promise.all(
      programs.map(async (program) => {
        for (let wins = 0; wins < 10;) {
          const n = counted(program) + 1;
          const seen = program.find("a");
          if ((await program.source.patch(refTo("a"), { status: { n } })) === "written") wins += 1;
          else await vi.waitFor(() => expect(program.find("a")).not.toBe(seen), eventually);
        }
      }),
    );
    for (const program of programs) await vi.waitFor(() => expect(counted(program)).toBe(40), eventually);
  });
});

describe("openFolderSource() keeps Events and reports", () => {
  it("bounded: 5,000 different Events leave two files of 256 KiB at most", async () => {
    const directory = await scratch();
    const { source } = await open(directory);
    for (let batch = 0; batch < 50; batch++) {
      for (let index = 0; index < 100; index++) {
        const message = `no address for ${batch * 100 + index}`.padEnd(300, ".");
        source.record({ about: refTo("a"), type: "Warning", reason: "PoolExhausted", message });
      }
      const last = `no address for ${batch * 100 + 99}`;
      await vi.waitFor(async () => {
        expect((await readEvents(directory)).at(-1)?.message.startsWith(last)).toBe(true);
      }, eventually);
    }
    const files = (await readdir(join(directory, ".hawser"))).filter((name) => name.startsWith("events")).sort();
    expect(files).toEqual(["events.1.jsonl", "events.jsonl"]);
    const events = await readEvents(directory);
    expect(events.length).toBeGreaterThan(500);
    expect(events.length).toBeLessThan(1_500);
  });

  it("in the order they were news: what is so again after something else is said again at once", async () => {
    const directory = await scratch();
    const source = openFolderSource({ directory, log });
    const about = refTo("a");
    for (const reason of ["ConfigLoaded", "ConfigInvalid", "ConfigInvalid", "ConfigLoaded"] as const)
      source.record({ about, type: "Normal", reason, message: reason });
    await source.close();
    expect((await readEvents(directory)).map(({ reason, count }) => `${reason} ${count}`)).toEqual([
      "ConfigInvalid 1",
      "ConfigLoaded 2",
    ]);
  });

  it("keeps counting an Event after a restart, and passes over broken lines", async () => {
    const directory = await scratch();
    let nowMs = 1_000_000;
    const event = { about: refTo("a"), type: "Warning", reason: "PoolExhausted", message: "no address" } as const;
    for (let start = 0; start < 3; start++) {
      const source = openFolderSource({ directory, log, clock: () => nowMs });
      source.record(event);
      await source.close();
      await writeFile(join(directory, ".hawser/events.jsonl"), "{broken\n", { flag: "a" });
      nowMs += 120_000;
    }
    expect(await readEvents(directory)).toEqual([
      { ...event, count: 3, first: new Date(1_000_000).toISOString(), time: new Date(1_240_000).toISOString() },
    ]);
  });

  it("never rejects where it cannot write Events", async () => {
    const directory = await scratch();
    await writeFile(join(directory, ".hawser"), "a file, not a folder");
    const { source } = await open(directory);
    source.record({ about: refTo("a"), type: "Normal", reason: "AddressAssigned", message: "x" });
    await expect(source.close()).resolves.toBeUndefined();
  });

  it("of those topics only that are read", async () => {
    const directory = await scratch();
    const heard = vi.fn<() => void>();
    const source = openFolderSource({ directory, log, debounceMs: 5, topics: ["member"] });
    closers.push(async () => source.close());
    await source.open(["Service"], { onChange: vi.fn(), onProblems: vi.fn(), onReports: heard });
    const { source: other } = await open(directory);
    await other.report("speaker-n1", { node: "n1" });
    await other.report("member-n1", { node: "n1" }, { topic: "member" });
    await vi.waitFor(() => expect([...source.reports("member").keys()]).toEqual(["member-n1"]), eventually);
    expect([...source.reports().keys()]).toEqual([]);
    expect(heard).toHaveBeenCalledTimes(1);
    // A speaker waits to see its own record.
    await source.report("member-n2", { node: "n2" }, { topic: "member" });
    await vi.waitFor(() => expect(heard).toHaveBeenCalledTimes(2), eventually);
    await source.report("speaker-n2", { node: "n2" });
    expect([...source.reports().keys()]).toEqual(["speaker-n2"]);
  });

  it("keeps what the report of another said while it cannot be read, and says so", async () => {
    const directory = await scratch();
    const path = join(directory, ".hawser/members/member-n1.yaml");
    await writeSettled(path, "node: n1\n");
    const program = await open(directory);
    const member = (): unknown => program.source.reports("member").get("member-n1");
    expect(member()).toEqual({ node: "n1" });
    await symlink("/proc/self/mem", join(dirname(path), ".link"));
    await rename(join(dirname(path), ".link"), path);
    await vi.waitFor(() => expect(program.standing()).toEqual([`MANIFEST_UNREADABLE ${path}`]), eventually);
    expect(member()).toEqual({ node: "n1" });
    await writeSettled(join(dirname(path), ".fresh"), "node: n1\nready: true\n");
    await rename(join(dirname(path), ".fresh"), path);
    await vi.waitFor(() => expect(program.standing()).toEqual([]), eventually);
    expect(member()).toEqual({ node: "n1", ready: true });
  });

  it("removes a program's reports when it ends, and keeps odd names inside the folder", async () => {
    const directory = await scratch();
    const [one, other] = [await open(directory), await open(directory)];
    await one.source.report("../../speaker-n1", { node: "n1" });
    expect(await readdir(join(directory, ".hawser/reports"))).toEqual(["%2E.%2F..%2Fspeaker-n1.yaml"]);
    const names = (): readonly string[] => [...other.source.reports().keys()];
    await vi.waitFor(() => expect(names()).toEqual(["../../speaker-n1"]), eventually);
    await one.source.close();
    await vi.waitFor(() => expect(names()).toEqual([]), eventually);
  });
});

describe("openFolderSource() beside another process", () => {
  it("sees what that one writes", async () => {
    const directory = await scratch();
    await writeSettled(join(directory, "a.yaml"), documents(serviceManifest("a"), configMapManifest("c", {})));
    const program = await open(directory);
    const script = `
      const { openFolderSource } = await import("#src/source/folder/folder.ts");
      const { createLogger } = await import("#src/process/log.ts");
      const source = openFolderSource({ directory: process.argv[1], log: createLogger({ component: "x", level: "silent" }) });
      await source.open(["Service"], { onChange() {}, onProblems() {} });
      const ref = { kind: "Service", namespace: "shop", name: "a" };
      process.stdout.write(await source.patch(ref, { status: { from: process.pid } }));
      await source.close();`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script, directory]);
    const said: string[] = [];
    child.stdout.on("data", (data: Buffer) => said.push(data.toString()));
    child.stderr.on("data", (data: Buffer) => said.push(data.toString()));
    await once(child, "close");
    expect(said.join("")).toBe("written");
    const ref: ObjectRef = refTo("a");
    await vi.waitFor(
      () => expect(program.source.list("Service").get(keyOf(ref))?.["status"]).toEqual({ from: child.pid }),
      eventually,
    );
  });
});
