import { PassThrough } from "node:stream";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { drawTop, printTop } from "#cli/draw-top.ts";
import { fitTable } from "#cli/fit-table.ts";
import { type Keyboard, runTop } from "#cli/run-top.ts";
import { textStyle } from "#cli/text-style.ts";
import { pressKey, TOP_START, type TopState } from "#cli/top-state.ts";
import { viewPage } from "#src/view/page/view-page.ts";
import { eventually } from "#test/support/eventually.ts";
import { testIo } from "#test/support/program-io.ts";
import { sampleInstallation, sampleRoutes } from "#test/support/sample-installation.ts";
import { callCli } from "./run-cli.ts";

const nowMs = Date.parse("2026-11-28T12:00:00Z");
const input = sampleInstallation({ nowMs, nodes: 20, services: 60, hasAlarms: true });
const view = viewPage(input, sampleRoutes(input, true));
const seen = { title: "cluster sample", view, blind: [], explanation: "" };
const plain = textStyle({ env: {}, stdout: new PassThrough() });
const golden = new URL("../golden/top/", import.meta.url);
const draw = (
  state: Partial<TopState>,
  size: { columns?: number; lines?: number } = {},
  more: object = {},
): readonly string[] =>
  drawTop(
    { ...seen, ...more },
    { state: { ...TOP_START, ...state }, nowMs, columns: 120, lines: 40, style: plain, ...size },
  );

describe("14 B hawser top draws", () => {
  it.each([
    { name: "all", lines: draw({}) },
    { name: "narrow", lines: draw({}, { columns: 60, lines: 24 }) },
    { name: "addresses", lines: draw({ block: "addresses", row: 30 }) },
    { name: "search", lines: draw({ search: "checkout", isTyping: true }) },
    {
      name: "blind",
      lines: draw({}, {}, { blind: ["https://10.0.0.1: Cannot list: ECONNREFUSED. Look at the API server"] }),
    },
    {
      name: "explained",
      lines: draw(
        { subject: "shop/web" },
        { columns: 60, lines: 20 },
        {
          explanation: `Service shop/web: 10.20.0.10\nok   object  ${"It is served. ".repeat(12)}\nNext: Nothing to do.\n`,
        },
      ),
    },
    { name: "once", lines: printTop(seen, { nowMs, columns: 160, style: plain }).split("\n") },
  ])("$name", async ({ name, lines }) => {
    await expect(`${lines.join("\n").replaceAll(/ +$/gm, "")}\n`).toMatchFileSnapshot(
      new URL(`${name}.txt`, golden).pathname,
    );
  });

  it("fits every terminal, and no text of a user reaches it as a command", () => {
    const odd = {
      ...view,
      addresses: view.addresses.map((row) => ({ ...row, service: `shop/\u001B[31mred\u202E${row.service}` })),
    };
    const states = fc.record({
      block: fc.constantFrom("all", "needs", "nodes", "hour", "pools", "addresses", "routes"),
      row: fc.nat(60),
    });
    fc.assert(
      fc.property(
        states,
        fc.integer({ min: 40, max: 200 }),
        fc.integer({ min: 10, max: 80 }),
        (state, columns, lines) => {
          const drawn = draw(state, { columns, lines }, { view: odd });
          expect(drawn.length).toBeLessThanOrEqual(Math.max(lines, 16));
          for (const line of drawn) expect(line.length).toBeLessThanOrEqual(Math.max(columns, 62));
          expect(stripVTControlCharacters(drawn.join("\n"))).toBe(drawn.join("\n"));
        },
      ),
    );
  });
});

describe("14 B the keys", () => {
  const press = (state: Partial<TopState>, ...keys: readonly string[]) =>
    keys.reduce<TopState | "quit">((before, key) => (before === "quit" ? before : pressKey(before, key, view)), {
      ...TOP_START,
      ...state,
    });

  it.each([
    { keys: ["q"], state: {}, wanted: "quit" },
    { keys: ["\u0003"], state: { isTyping: true }, wanted: "quit" },
    { keys: ["5"], state: {}, wanted: { block: "addresses", row: 0 } },
    { keys: ["\t"], state: { block: "needs" }, wanted: { block: "nodes" } },
    { keys: ["\u001B[Z"], state: { block: "all" }, wanted: { block: "routes" } },
    { keys: ["5", "j", "j", "k"], state: {}, wanted: { row: 1 } },
    { keys: ["k"], state: { block: "addresses" }, wanted: { row: 0 } },
    { keys: ["\u001B[F"], state: { block: "addresses" }, wanted: { row: view.addresses.length - 1 } },
    { keys: ["/", "q", "1", "\u007F", "\r"], state: {}, wanted: { search: "q", isTyping: false } },
    { keys: ["/", "a", "\u001B"], state: {}, wanted: { search: "", isTyping: false } },
    { keys: ["/", "\u001B[A"], state: {}, wanted: { search: "" } },
    { keys: ["\r"], state: { block: "addresses" }, wanted: { subject: view.addresses[0]?.service } },
    { keys: ["\r", "j", "j"], state: { block: "addresses" }, wanted: { scrolled: 2, row: 0 } },
    {
      keys: ["\u001B"],
      state: { block: "addresses", subject: "shop/web", search: "web" },
      wanted: { subject: "", search: "web" },
    },
    {
      keys: ["\u001B", "\u001B", "\u001B"],
      state: { block: "addresses", subject: "shop/web", search: "web" },
      wanted: { block: "all", search: "" },
    },
    { keys: ["x"], state: { block: "pools" }, wanted: { block: "pools" } },
  ])("$keys", ({ keys, state, wanted }) => {
    const after = press(state as Partial<TopState>, ...keys);
    if (wanted === "quit") expect(after).toBe("quit");
    else expect(after).toMatchObject(wanted as object);
  });

  it("a search has an end", () => {
    expect(press({ isTyping: true }, ...Array.from({ length: 500 }, () => "a"))).toMatchObject({
      search: "a".repeat(200),
    });
  });
});

describe("14 B colours", () => {
  const terminal = Object.assign(new PassThrough(), { isTTY: true });
  it.each([
    { name: "a terminal", env: {}, stdout: terminal, hasColours: true },
    { name: "a pipe", env: {}, stdout: new PassThrough(), hasColours: false },
    { name: "a terminal with NO_COLOR", env: { NO_COLOR: "1" }, stdout: terminal, hasColours: false },
    { name: "a terminal with an empty NO_COLOR", env: { NO_COLOR: "" }, stdout: terminal, hasColours: true },
    { name: "a terminal that has none", env: { TERM: "dumb" }, stdout: terminal, hasColours: false },
    { name: "a pipe with FORCE_COLOR", env: { FORCE_COLOR: "1" }, stdout: new PassThrough(), hasColours: true },
    {
      name: "FORCE_COLOR before NO_COLOR",
      env: { FORCE_COLOR: "", NO_COLOR: "1" },
      stdout: terminal,
      hasColours: true,
    },
    { name: "a terminal with FORCE_COLOR=0", env: { FORCE_COLOR: "0" }, stdout: terminal, hasColours: false },
  ])("$name: $hasColours", ({ env, stdout, hasColours }) => {
    expect(textStyle({ env, stdout })("bad", "x")).toBe(hasColours ? "\u001B[31mx\u001B[39m" : "x");
  });

  it("do not move the columns", () => {
    const style = textStyle({ env: { FORCE_COLOR: "1" }, stdout: terminal });
    const rows = [[{ text: "a", tone: "bad" as const }, { text: "b" }]];
    const drawn = fitTable(["NAME", "B"], rows, { width: 80, style });
    expect(drawn.map(stripVTControlCharacters)).toEqual(["NAME  B", "a     b"]);
  });
});

describe("14 B hawser top", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "hawser-top-"));
    const service =
      "{ apiVersion: v1, kind: Service, metadata: { name: web, namespace: shop }, spec: { type: LoadBalancer, ports: [{ port: 80 }] } }\n";
    writeFileSync(join(folder, "service.yaml"), service);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("prints once where it is not run in a terminal, or with --once", async () => {
    const { code, stdout, stderr } = await callCli(["top", "--manifests", folder]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^Hawser {2}folder .*\n1 of 1 not served {2}1 pending/);
    expect(stdout).toContain("No Ingress is served.");
    expect(stripVTControlCharacters(stdout)).toBe(stdout);
    expect((await callCli(["top", "--once", "--manifests", folder])).stdout).toContain("shop/web");
    expect(await callCli(["top", "--manifests", "/nowhere"])).toMatchObject({
      code: 1,
      stderr: "hawser top: cannot read /nowhere: it does not exist\n",
    });
  });

  it("on a terminal it takes keys, shows what changes, and gives the screen back", async () => {
    const io = testIo();
    Object.assign(io.stdout, { isTTY: true, columns: 100, rows: 30 });
    const keyboard = Object.assign(new PassThrough(), { isTTY: true, setRawMode: vi.fn() });
    const running = runTop(["--manifests", folder], io, keyboard satisfies Keyboard);
    const shown = (): string => stripVTControlCharacters(io.out().split("\u001B[H").at(-1) ?? "");
    await vi.waitFor(() => expect(shown()).toContain("shop/web"), eventually);
    keyboard.write("5\r");
    await vi.waitFor(() => expect(shown()).toContain("Next: "), eventually);
    keyboard.write("\u001B");
    await vi.waitFor(() => expect(shown()).toContain("Addresses 1"), eventually);
    writeFileSync(
      join(folder, "late.yaml"),
      "{ apiVersion: v1, kind: Service, metadata: { name: late, namespace: shop }, spec: { type: LoadBalancer, ports: [{ port: 80 }] } }\n",
    );
    await vi.waitFor(() => expect(shown()).toContain("shop/late"), eventually);
    keyboard.write("/late\r");
    await vi.waitFor(() => expect(shown()).not.toContain("shop/web"), eventually);
    keyboard.write("q");
    expect(await running).toBe(0);
    expect(keyboard.setRawMode.mock.calls).toEqual([[true], [false]]);
    expect(io.out().startsWith("\u001B[?1049h\u001B[?25l")).toBe(true);
    expect(io.out().endsWith("\u001B[?25h\u001B[?1049l")).toBe(true);
  });
});
