import type { OptionSpecs } from "#src/process/option-spec.ts";
import { isUrlText } from "#src/view/url-question.ts";
import type { CommandWords } from "./complete-words.ts";
import { completionScripts } from "./completion-scripts.ts";

type Find = (args: readonly string[]) => Promise<CommandWords>;

const MIGRATED = [
  { text: "metallb", about: "From MetalLB" },
  { text: "ingress-nginx", about: "From ingress-nginx" },
];

function only(options: OptionSpecs): CommandWords {
  return { options, words: [], takesFiles: false };
}

/** What may follow each command, by its name. The programs, which run in pods, have no entry. */
export const commandWords: ReadonlyMap<string, Find> = new Map<string, Find>([
  ["demo", async () => only((await import("./run-demo.ts")).demoOptions)],
  ["check", async () => ({ ...only((await import("./run-check.ts")).checkOptions), takesFiles: true })],
  ["status", async () => only((await import("./run-status.ts")).statusOptions)],
  ["ui", async () => only((await import("./run-ui.ts")).uiOptions)],
  ["top", async () => only((await import("./run-top.ts")).topOptions)],
  ["explain", explainWords],
  ["pools", async () => only((await import("./run-pools.ts")).poolsOptions)],
  ["routes", async () => only((await import("./run-routes.ts")).routesOptions)],
  ["certs", async () => only((await import("./run-certs.ts")).certsOptions)],
  ["plan", async () => ({ ...only((await import("./run-plan.ts")).planOptions), takesFiles: true })],
  ["migrate", migrateWords],
  ["release", async () => only((await import("./run-release.ts")).releaseOptions)],
  ["drain", async () => only((await import("./run-drain.ts")).drainOptions)],
  ["rebalance", async () => only((await import("./run-rebalance.ts")).rebalanceOptions)],
  ["history", async () => only((await import("./run-history.ts")).historyOptions)],
  ["capture", async () => only((await import("./run-capture.ts")).captureOptions)],
  ["collect", async () => only((await import("./run-collect.ts")).collectOptions)],
  [
    "completion",
    async () =>
      Promise.resolve({ ...only({}), words: [...completionScripts.keys()].map((text) => ({ text, about: "" })) }),
  ],
  ["version", async () => only((await import("./run-version.ts")).versionOptions)],
]);

async function explainWords(args: readonly string[]): Promise<CommandWords> {
  if (args.slice(0, -1).some(isUrlText)) return only((await import("./run-explain-url.ts")).explainUrlOptions);
  return only((await import("./run-explain.ts")).explainOptions);
}

async function migrateWords(args: readonly string[]): Promise<CommandWords> {
  const from = args.slice(0, -1).find((word) => MIGRATED.some(({ text }) => text === word));
  const options =
    from === "ingress-nginx"
      ? (await import("./run-migrate-nginx.ts")).migrateNginxOptions
      : (await import("./run-migrate-metallb.ts")).migrateMetallbOptions;
  return { options, words: from === undefined ? MIGRATED : [], takesFiles: true };
}
