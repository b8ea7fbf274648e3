import { describe, expect, it } from "vitest";
import { printPlace } from "#src/model/problem-place.ts";
import { logLevels } from "#src/process/log.ts";
import type { OptionSpecs } from "#src/process/option-spec.ts";
import { parseOptions } from "#src/process/options.ts";

const whyBad = (value: string) => (value.includes("/") ? { why: "it has a slash", fix: "Give a name" } : undefined);

const specs = {
  manifests: { kind: "string", required: true, help: "Folder", placeholder: "DIR" },
  logLevel: { kind: "string", default: "info", choices: logLevels, help: "Least level logged" },
  httpPort: { kind: "number", default: 80, min: 0, max: 65_535, help: "Port" },
  ratio: { kind: "number", help: "Share" },
  dryRun: { kind: "boolean", help: "Only say what would be done" },
  announce: { kind: "boolean", default: true, help: "Answer for addresses" },
  interfaces: { kind: "list", default: ["eth0"], help: "Interfaces", short: "i", whyBad },
} as const satisfies OptionSpecs;

const given = ["--manifests", "d"];

function parse(argv: readonly string[], env: Record<string, string> = {}) {
  return parseOptions(specs, argv, env, { command: "hawser x", about: "Does x." });
}

describe("parseOptions() reads", () => {
  const defaults = {
    manifests: "d",
    logLevel: "info",
    httpPort: 80,
    ratio: undefined,
    dryRun: false,
    announce: true,
    interfaces: ["eth0"],
  };
  it.each([
    { name: "defaults", argv: given, env: {}, want: {} },
    {
      name: "a flag and its value as two words",
      argv: [...given, "--http-port", "81"],
      env: {},
      want: { httpPort: 81 },
    },
    { name: "a flag and its value as one word", argv: [...given, "--http-port=81"], env: {}, want: { httpPort: 81 } },
    { name: "a value with an equals sign", argv: ["--manifests=a=b"], env: {}, want: { manifests: "a=b" } },
    { name: "a value that begins with a dash", argv: [...given, "--ratio", "-0.5"], env: {}, want: { ratio: -0.5 } },
    { name: "the environment", argv: given, env: { HAWSER_HTTP_PORT: "82" }, want: { httpPort: 82 } },
    {
      name: "a flag rather than the environment",
      argv: [...given, "--http-port", "81"],
      env: { HAWSER_HTTP_PORT: "82" },
      want: { httpPort: 81 },
    },
    { name: "an empty variable as none", argv: given, env: { HAWSER_HTTP_PORT: "" }, want: {} },
    {
      name: "a service link of Kubernetes as none",
      argv: given,
      env: { HAWSER_HTTP_PORT: "tcp://10.0.0.1:80" },
      want: {},
    },
    {
      name: "the last of a flag given twice",
      argv: [...given, "--log-level=warn", "--log-level=debug"],
      env: {},
      want: { logLevel: "debug" },
    },
    { name: "a boolean flag", argv: [...given, "--dry-run"], env: {}, want: { dryRun: true } },
    { name: "a negated boolean flag", argv: [...given, "--no-announce"], env: {}, want: { announce: false } },
    { name: "a boolean flag with a value", argv: [...given, "--announce=false"], env: {}, want: { announce: false } },
    { name: "a boolean variable", argv: given, env: { HAWSER_DRY_RUN: "Yes" }, want: { dryRun: true } },
    {
      name: "a list with commas",
      argv: [...given, "--interfaces", "a, b,"],
      env: {},
      want: { interfaces: ["a", "b"] },
    },
    {
      name: "a list given twice",
      argv: [...given, "--interfaces=a", "--interfaces=b,c"],
      env: {},
      want: { interfaces: ["a", "b", "c"] },
    },
    ...["-i a", "-i=a", "-ia", "--interfaces a", "--interfaces=a"].map((text) => ({
      name: `"${text}" for an option with one letter`,
      argv: [...given, ...text.split(" ")],
      env: {},
      want: { interfaces: ["a"] },
    })),
    {
      name: "a value after one letter, with an equals sign",
      argv: [...given, "-i=a=b"],
      env: {},
      want: { interfaces: ["a=b"] },
    },
    {
      name: "a required value from the environment",
      argv: [],
      env: { HAWSER_MANIFESTS: "e" },
      want: { manifests: "e" },
    },
  ])("$name", ({ argv, env, want }) => {
    expect(parse(argv, env)).toEqual({
      kind: "values",
      values: { ...defaults, ...want },
      given: expect.any(Set),
      rest: [],
    });
  });

  it("types that say which values may be missing", () => {
    const parsed = parse(given);
    if (parsed.kind !== "values") throw new Error(parsed.kind);
    const level: (typeof logLevels)[number] = parsed.values.logLevel;
    const port: number = parsed.values.httpPort;
    const ratio: number | undefined = parsed.values.ratio;
    const names: readonly string[] = parsed.values.interfaces;
    expect([level, port, ratio, names, parsed.values.manifests.length]).toEqual(["info", 80, undefined, ["eth0"], 1]);
  });

  it.each([
    {
      name: "flags, with their defaults, too",
      argv: ["--http-port=80", "--interfaces", "a"],
      env: {},
      is: ["httpPort", "interfaces"],
    },
    { name: "short and negated flags", argv: ["-ia", "--no-announce"], env: {}, is: ["announce", "interfaces"] },
    {
      name: "variables",
      argv: [],
      env: { HAWSER_HTTP_PORT: "80", HAWSER_ANNOUNCE: "true" },
      is: ["httpPort", "announce"],
    },
    {
      name: "no empty variable, and none of a Service",
      argv: [],
      env: { HAWSER_RATIO: "", HAWSER_HTTP_PORT: "tcp://10.0.0.1:80" },
      is: [],
    },
  ])("which options were given: $name", ({ argv, env, is }) => {
    expect(parse([...given, ...argv], env)).toMatchObject({ given: new Set(["manifests", ...is]) });
  });

  it("what follows the options, where that is allowed", () => {
    const parsed = parseOptions({}, ["a", "--", "--b"], {}, { rest: "FILE..." });
    expect(parsed).toEqual({ kind: "values", values: {}, given: new Set(), rest: ["a", "--b"] });
  });
});

describe("parseOptions() finds a Problem in", () => {
  it.each([
    { name: "one value of a list", argv: ["-i=a,b/c"], code: "OPTION_INVALID", says: "it has a slash" },
    { name: "an unknown flag", argv: ["--http-prot", "1"], code: "OPTION_UNKNOWN", says: "Did you mean --http-port?" },
    { name: "a flag like nothing known", argv: ["--zzzzzzzzzz"], code: "OPTION_UNKNOWN", says: "See --help" },
    { name: "one letter that no option has", argv: ["-n", "x"], code: "OPTION_UNKNOWN", says: "See --help" },
    { name: "one letter without its value", argv: ["-i"], code: "OPTION_INVALID", says: "Write -i VALUE" },
    { name: "a long name with one dash", argv: ["-interfaces=a"], code: "OPTION_UNKNOWN", says: "--interfaces" },
    {
      name: "a negated flag that is not a boolean",
      argv: ["--no-http-port"],
      code: "OPTION_UNKNOWN",
      says: "--http-port",
    },
    {
      name: "text for a number",
      argv: ["--http-port", "http"],
      code: "OPTION_INVALID",
      says: "a number from 0 to 65535",
    },
    { name: "a number in hexadecimal", argv: ["--http-port", "0x50"], code: "OPTION_INVALID", says: "not a number" },
    { name: "an empty number", argv: ["--http-port="], code: "OPTION_INVALID", says: "not a number" },
    { name: "a number above its limit", argv: ["--http-port=65536"], code: "OPTION_INVALID", says: "above 65535" },
    { name: "a number below its limit", argv: ["--http-port=-1"], code: "OPTION_INVALID", says: "below 0" },
    {
      name: "a value that is not a choice",
      argv: ["--log-level=loud"],
      code: "OPTION_INVALID",
      says: "Give one of trace, debug",
    },
    {
      name: "a boolean that is neither",
      argv: ["--dry-run=maybe"],
      code: "OPTION_INVALID",
      says: "Give true or false",
    },
    {
      name: "a flag without its value",
      argv: ["--http-port"],
      code: "OPTION_INVALID",
      says: "Write --http-port VALUE",
    },
    { name: "an argument", argv: ["folder"], code: "ARGUMENT_UNEXPECTED", says: "Remove it" },
  ])("$name", ({ argv, code, says }) => {
    const parsed = parse([...given, ...argv]);
    const problems = parsed.kind === "problems" ? parsed.problems : [];
    expect(problems[0]?.code).toBe(code);
    expect(JSON.stringify(problems[0])).toContain(says);
  });

  it("a missing required value, with both ways to give it", () => {
    const parsed = parse([]);
    const fix = "Give --manifests or set HAWSER_MANIFESTS";
    expect(parsed).toMatchObject({ kind: "problems", problems: [{ code: "OPTION_MISSING", fix }] });
  });

  it("a bad variable, named as such, beside all others at once", () => {
    const parsed = parse(["--what"], { HAWSER_HTTP_PORT: "x" });
    const codes = parsed.kind === "problems" ? parsed.problems.map(({ code, at }) => `${code} ${printPlace(at)}`) : [];
    expect(codes).toEqual(["OPTION_UNKNOWN --what", "OPTION_MISSING --manifests", "OPTION_INVALID HAWSER_HTTP_PORT"]);
  });
});

describe("parseOptions() helps", () => {
  it("with every option, its default and its variable, whatever else is wrong", () => {
    const parsed = parse(["--nonsense", "--help"]);
    const text = parsed.kind === "help" ? parsed.text : "";
    expect(text).toMatch(/^Usage: hawser x \[options\]\n\nDoes x\.\n/);
    for (const line of [
      /--manifests DIR +Folder \(required\)\n +\[HAWSER_MANIFESTS\]/,
      /--http-port NUMBER +Port \(0 to 65535; default 80\)\n +\[HAWSER_HTTP_PORT\]/,
      /--log-level TEXT +Least level logged \(one of trace, .*; default info\)/,
      /--dry-run +Only say/,
      /--\[no-\]announce +Answer for/,
      /--interfaces A,B,\.\.\. +Interfaces \(default eth0\)/,
    ])
      expect(text).toMatch(line);
  });
});
