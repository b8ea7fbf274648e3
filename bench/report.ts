import { writeFileSync } from "node:fs";
import { arch, cpus, release, totalmem } from "node:os";
import { parseArgs } from "node:util";
import { version } from "#src/process/version.ts";

/** One measured value. */
export interface Sample {
  readonly case: string;
  readonly system: string;
  /** `ms`, `us`, `1/s`, `lost probes`, ...: the same for all samples of a case and system. */
  readonly unit: string;
  readonly value: number;
}

/** What every bench understands on its command line. */
export interface BenchOptions {
  readonly json: boolean;
  /** File for all samples, as JSON. */
  readonly raw: string | undefined;
  readonly trials: number;
  /** Of the bench's own options, by name: all of `BenchSpec.numbers`. */
  readonly numbers: Readonly<Record<string, number>>;
  /** Those of `BenchSpec.texts` that were given. */
  readonly texts: Readonly<Record<string, string | undefined>>;
}

export interface Report {
  readonly bench: string;
  readonly options: BenchOptions;
  readonly samples: readonly Sample[];
  /** Ratios of medians of one case: the first system's over the second's. Left out where either did not run. */
  readonly ratios: readonly { readonly case: string; readonly over: string; readonly under: string }[];
  /** Opponents that cannot be had: why, by default not installed, and the Debian package that brings them. */
  readonly skipped: readonly { readonly system: string; readonly package: string | undefined; readonly why?: string }[];
  /** Versions of the systems that ran, beside our own and Node's. */
  readonly versions: Readonly<Record<string, string>>;
}

export interface BenchSpec {
  readonly name: string;
  /** Default of --trials, and its words in --help. */
  readonly trials: number;
  readonly help: string;
  /** Options of this bench alone: whole numbers from 1. */
  readonly numbers?: Readonly<
    Record<string, { readonly default: number; readonly most: number; readonly help: string }>
  >;
  /** Options of this bench alone, with their words in --help. */
  readonly texts?: Readonly<Record<string, string>>;
}

/** Reads a bench's command line; undefined after `--help` was printed. Throws for options that do not exist. */
export function benchOptions(args: readonly string[], spec: BenchSpec): BenchOptions | undefined {
  const { name, help, texts = {} } = spec;
  const numbers = { trials: { default: spec.trials, most: 1_000, help }, ...spec.numbers };
  const ofOwn = [...Object.keys(numbers), ...Object.keys(texts)].map((key) => [key, { type: "string" }] as const);
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...Object.fromEntries(ofOwn),
      json: { type: "boolean", default: false },
      raw: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  const given: Readonly<Record<string, unknown>> = values;
  if (values.help) {
    const rows = [
      ...Object.entries(numbers).map(([key, one]) => [`--${key} N`, `${one.help}; default ${one.default}`]),
      ...Object.entries(texts).map(([key, text]) => [`--${key} TEXT`, text]),
      ["--raw FILE", "Write every sample to this file, as JSON"],
      ["--json", "No text for people on standard error; the JSON line on standard output comes always"],
    ];
    console.log(`Usage: npm run bench -- ${name} [options]\n`);
    for (const [option = "", text = ""] of rows) console.log(`  ${option.padEnd(16)} ${text}`);
    return undefined;
  }
  const read = Object.entries(numbers).map(([key, one]) => [key, readNumber(key, textOf(given[key]), one)] as const);
  const { trials = spec.trials, ...own } = Object.fromEntries(read);
  return { json: values.json, raw: values.raw, trials, numbers: own, texts: pick(given, Object.keys(texts)) };
}

function readNumber(
  key: string,
  text: string | undefined,
  { default: usual, most }: { default: number; most: number },
) {
  if (text === undefined) return usual;
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > most)
    throw new RangeError(`--${key} takes a whole number from 1 to ${most}, not ${text}`);
  return number;
}

function pick(values: Readonly<Record<string, unknown>>, keys: readonly string[]) {
  return Object.fromEntries(keys.map((key) => [key, textOf(values[key])]));
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** One case of one system: its samples in figures. */
interface CaseFigures {
  readonly case: string;
  readonly system: string;
  readonly unit: string;
  readonly n: number;
  readonly min: number;
  readonly p50: number;
  readonly p95: number;
  readonly max: number;
}

/** Prints the report in the shape of docs/benchmarks.md: text to stderr, one line of JSON to stdout; writes raw samples. */
export function printBenchReport(report: Report): void {
  const cases = figuresOf(report.samples);
  const ratios = ratiosOf(report, cases);
  if (!report.options.json) printText(cases, ratios, report.skipped);
  if (report.options.raw !== undefined) writeFileSync(report.options.raw, `${JSON.stringify(report.samples)}\n`);
  const { bench, skipped } = report;
  const versions = { hawser: version, node: process.version, ...report.versions };
  console.log(JSON.stringify({ bench, machine: machine(), versions, cases, ratios, skipped }));
}

function machine(): Readonly<Record<string, unknown>> {
  const [cpu] = cpus();
  return {
    cpu: cpu?.model,
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    arch: arch(),
  };
}

function figuresOf(samples: readonly Sample[]): readonly CaseFigures[] {
  const groups = Map.groupBy(samples, (sample) => `${sample.case}\n${sample.system}`);
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const sorted = group.map(({ value }) => value).sort((left, right) => left - right);
    const at = (quantile: number): number => rounded(quantileOf(sorted, quantile));
    const figures = { n: sorted.length, min: at(0), p50: at(0.5), p95: at(0.95), max: at(1) };
    return [{ case: first.case, system: first.system, unit: first.unit, ...figures }];
  });
}

/** The nearest-rank quantile of sorted values. */
function quantileOf(sorted: readonly number[], quantile: number): number {
  return sorted[Math.max(0, Math.ceil(quantile * sorted.length) - 1)] ?? Number.NaN;
}

function ratiosOf(report: Report, cases: readonly CaseFigures[]): Readonly<Record<string, number>> {
  const medianOf = (name: string, system: string): number | undefined =>
    cases.find((one) => one.case === name && one.system === system)?.p50;
  return Object.fromEntries(
    report.ratios.flatMap(({ case: name, over, under }) => {
      const [top, bottom] = [medianOf(name, over), medianOf(name, under)];
      return top === undefined || !bottom ? [] : [[`${name} ${over}/${under}`, rounded(top / bottom)]];
    }),
  );
}

/** Three significant digits are more than a shared machine justifies. */
function rounded(value: number): number {
  return Number(value.toPrecision(3));
}

function printText(
  cases: readonly CaseFigures[],
  ratios: Readonly<Record<string, number>>,
  skipped: Report["skipped"],
): void {
  const rows = [
    ["case", "system", "unit", "n", "min", "p50", "p95", "max"],
    ...cases.map((one) => [one.case, one.system, one.unit, one.n, one.min, one.p50, one.p95, one.max].map(String)),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  for (const row of rows) console.error(row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  "));
  for (const [name, value] of Object.entries(ratios)) console.error(`ratio ${name}: ${value}`);
  for (const { system, package: brings, why = `not installed (package ${brings})` } of skipped)
    console.error(`skipped ${system}: ${why}`);
}
