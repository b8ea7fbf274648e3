import { oneLine } from "#src/model/one-line.ts";
import { EXIT_USAGE } from "#src/process/options.ts";
import type { OptionSpecs } from "#src/process/option-spec.ts";
import type { ProgramIo } from "#src/process/program-io.ts";
import { readOptions } from "#src/process/read-options.ts";
import { explainUrl } from "#src/view/explain-url.ts";
import { readUrlQuestion } from "#src/view/url-question.ts";
import { findingOf } from "./finding-of.ts";
import { ingressLookOptions } from "./ingress-look-options.ts";
import { formOf, outputOptions } from "./output-options.ts";
import { printOutput } from "./print-output.ts";
import { outputOfExplanation } from "./output-of-explanation.ts";
import { printLines } from "./print-lines.ts";
import { seeIngresses } from "./see-ingresses.ts";

/** Its options. */
export const explainUrlOptions = {
  method: { kind: "string", default: "GET", help: "Method of the request" },
  header: {
    kind: "list",
    short: "H",
    isWhole: true,
    placeholder: "'NAME: VALUE'",
    help: "A header field of the request, several times for several. Host goes before the host of the URL",
  },
  client: { kind: "string", placeholder: "ADDRESS", help: "Address of the client (default: not known)" },
  ...ingressLookOptions,
  ...outputOptions("one object with subject, steps and next"),
} as const satisfies OptionSpecs;

const command = "hawser explain";
const about = `Explains what becomes of a request for URL, by the Ingresses of a cluster, or of a folder of manifests: listener, host and rule, what
filters and access say of it, the Service and its endpoints, the certificate, and the one thing to do next. The request is not
sent: it is routed by the functions that the ingress itself runs. docs/explain.md explains each step.

The options about classes, redirects and the default certificate are those that the ingress runs with.
Each line begins with ok, bad, or ? for what cannot be seen from here or may not be read.
Exit code: 0 when no step is bad; 1 when one is, or when nothing can be read; 2 for wrong options.`;

/** Runs `hawser explain URL`. Resolves with the exit code. */
export async function runExplainUrl(args: readonly string[], io: ProgramIo): Promise<number> {
  const read = readOptions(explainUrlOptions, args, io, { command, about, rest: "URL" });
  if (read.kind === "exit") return read.code;
  const { method, header, client } = read.values;
  const [url = "", ...more] = read.rest;
  const question = more.length > 0 ? "give one URL" : readUrlQuestion({ url, method, header, client });
  if (typeof question === "string") {
    io.stderr.write(`${oneLine(`${command}: ${question}`)}\nSee ${command} URL --help\n`);
    return EXIT_USAGE;
  }
  const looked = await seeIngresses(read.values, { command, io });
  if (!looked.ok) return looked.code;
  const explanation = explainUrl(looked.seen, question);
  io.stdout.write(printOutput(formOf(read.values), outputOfExplanation(explanation)));
  io.stderr.write(printLines(looked.seen.input.problems.map((problem) => findingOf(problem, looked.placeOf))));
  return explanation.steps.some(({ verdict }) => verdict === "bad") ? 1 : 0;
}
