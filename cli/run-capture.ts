import { type Ip, parseIp, printIp } from "#src/ip/address.ts";
import type { CaptureReport } from "#src/model/capture-report.ts";
import { LONGEST_CAPTURE_MS, mayCaptureRun } from "#src/model/capture-request.ts";
import { counted } from "#src/model/counted.ts";
import { oneLine } from "#src/model/one-line.ts";
import { wallMs } from "#src/process/clock.ts";
import type { OptionSpecs, OptionValues } from "#src/process/option-spec.ts";
import { EXIT_USAGE } from "#src/process/options.ts";
import type { ProgramIo } from "#src/process/program-io.ts";
import { readOptions } from "#src/process/read-options.ts";
import { version } from "#src/process/version.ts";
import { readInstallation } from "#src/view/seen-installation.ts";
import { encodePcapng } from "#src/wire/pcapng.ts";
import { captureOnNodes } from "./capture-on-nodes.ts";
import { lookOptions } from "./look-options.ts";
import { mergeCaptures, pcapngOf } from "./merge-captures.ts";
import { objectsByKey } from "./objects-by-key.ts";
import { formOf, outputOptions } from "./output-options.ts";
import { captureAsJson, printCapture, type ShownCapture } from "./print-capture.ts";
import { printOutput } from "./print-output.ts";
import { readDurationOption } from "./read-duration-option.ts";
import { seeInstallation } from "./see-installation.ts";
import { writePrivately } from "./write-privately.ts";

/** Its options. */
export const captureOptions = {
  for: { kind: "string", default: "10s", placeholder: "DURATION", help: "Listen for so long, up to 60s" },
  write: {
    kind: "string",
    short: "w",
    placeholder: "FILE",
    help: "Write the frames to this file, which Wireshark and tcpdump open (pcapng); -: to standard output",
  },
  nodes: { kind: "list", placeholder: "NODE,...", help: "Listen on these nodes alone (default: all with a speaker)" },
  ...lookOptions("Show"),
  ...outputOptions("one object with address, nodes, missing and frames"),
} as const satisfies OptionSpecs;

type Options = OptionValues<typeof captureOptions>;

const command = "hawser capture";
const about = `Shows the ARP and NDP frames about one announced address that the speakers of all nodes receive and send, for some seconds: who asks for
it, who says that it has it, and which node sees that. With -w it writes them as one file for Wireshark and tcpdump, with node and
interface of each frame.

It writes the annotation hawser.dev/capture on the Nodes, in a folder of manifests into their status files, and takes it back at
the end. Speakers show nothing but ARP and NDP about an address that a Service has, at most 512 frames and 32 KiB each.
Exit code: 0 when all speakers answered in full; 3 when something is missing, which standard error names; 1 when no speaker
answered, or something cannot be read or written; 2 for wrong options.`;

/** Each answer is stored by the API server for a while. */
const MAX_NODES = 200;
const EXIT_PARTIAL = 3;

/** Runs `hawser capture`. Resolves with the exit code. */
export async function runCapture(args: readonly string[], io: ProgramIo): Promise<number> {
  const read = readOptions(captureOptions, args, io, { command, about, rest: "ADDRESS" });
  if (read.kind === "exit") return read.code;
  const options = read.values;
  const say = (text: string): void => void io.stderr.write(`${oneLine(text)}\n`);
  const asked = readQuestion(options, read.rest);
  if (typeof asked === "string") {
    say(`${command}: ${asked}`);
    say(`See ${command} --help`);
    return EXIT_USAGE;
  }
  const { ip, forMs } = asked;
  const found = await findNodes(options, io);
  if (typeof found === "number") return found;
  const { nodes, nodeOf } = found;
  say(`capture: ARP and NDP about ${printIp(ip)} on ${counted(nodes.length, "node")} for ${forMs / 1_000} s`);
  const request = { address: ip, forMs, askedMs: wallMs() };
  const { reports, missing } = await captureOnNodes(options, { command, io, nodes, request });
  const lacking = [...missing, ...reports.flatMap(lackOf)];
  for (const { node, why } of lacking) say(`${command}: ${node}: ${why}`);
  const listening = reports.filter(({ interfaces }) => interfaces.length > 0);
  if (listening.length === 0) return 1;
  const frames = mergeCaptures(listening, ip);
  const shown: ShownCapture = { ip, frames, nodes: listening.map(({ node }) => node), missing: lacking, nodeOf };
  const file = options.write;
  if (file === undefined) show(shown, options, io);
  else {
    const bytes = encodePcapng(pcapngOf(listening, frames, { program: `hawser ${version}`, ip }));
    const why = await write(bytes, file, io);
    if (why !== "") {
      say(`${command}: cannot write ${file}: ${why}`);
      return 1;
    }
    say(`capture: ${counted(frames.length, "frame")} on ${counted(shown.nodes.length, "node")}`);
  }
  return lacking.length === 0 ? 0 : EXIT_PARTIAL;
}

/** What is asked for; a text says what is wrong with the call. */
function readQuestion(
  options: Options,
  [text, ...more]: readonly string[],
): { readonly ip: Ip; readonly forMs: number } | string {
  if (text === undefined || more.length > 0) return "give one ADDRESS";
  const ip = parseIp(text);
  if (ip === undefined) return `"${text}" is not an IP address`;
  const forMs = readDurationOption("--for", options.for);
  if (typeof forMs === "string") return forMs;
  if (forMs > LONGEST_CAPTURE_MS) return `--for ${options.for} is longer than ${LONGEST_CAPTURE_MS / 1_000}s`;
  if (options.write === "") return "name a file with -w";
  if (options.write !== undefined && formOf(options) !== "text") return "give -w or -o, not both";
  return { ip, forMs: Math.ceil(forMs) };
}

interface FoundNodes {
  /** Those with a speaker that are to be asked. */
  readonly nodes: readonly string[];
  readonly nodeOf: ShownCapture["nodeOf"];
}

/** The nodes with a speaker; or the exit code, after saying why they are not known. */
async function findNodes(options: Options, io: ProgramIo): Promise<FoundNodes | number> {
  const seen = await seeInstallation(options, { command, io });
  if (!seen.ok) return seen.code;
  const { nodes, memberRecords } = readInstallation(seen.input);
  const refuse = (why: string): number => {
    io.stderr.write(`${oneLine(`${command}: ${why}`)}\n`);
    return 1;
  };
  if (nodes === undefined || memberRecords === undefined) return refuse("the Nodes and Leases may not be read");
  const members = memberRecords.map(({ node }) => node);
  const chosen = options.nodes.length === 0 ? members : [...new Set(options.nodes)];
  const stranger = chosen.find((node) => !members.includes(node));
  if (stranger !== undefined) return refuse(`no speaker runs on a node "${stranger}"`);
  if (chosen.length === 0) return refuse("no speaker runs");
  if (chosen.length > MAX_NODES)
    return refuse(`${chosen.length} nodes are too many for one capture: name up to ${MAX_NODES} with --nodes`);
  const now = wallMs();
  const busy = nodes.find(
    ({ name, capture }) => chosen.includes(name) && capture !== undefined && mayCaptureRun(capture, now),
  );
  if (busy?.capture !== undefined)
    return refuse(`a capture of ${printIp(busy.capture.address)} runs on node ${busy.name}: wait until it has ended`);
  const nodeOf = new Map(memberRecords.flatMap(({ node, interfaces }) => interfaces.map(({ mac }) => [mac, node])));
  return { nodes: chosen, nodeOf };
}

/** What is missing of a report. */
function lackOf({ node, why, isCut, frames }: CaptureReport): ShownCapture["missing"] {
  const cut = `it ended early after ${counted(frames.length, "frame")}: there was no room for more`;
  return [...(why === "" ? [] : [{ node, why }]), ...(isCut ? [{ node, why: cut }] : [])];
}

function show(shown: ShownCapture, options: Options, io: ProgramIo): void {
  const output = {
    documents: () => [captureAsJson(shown)],
    text: (isWide: boolean) => printCapture(shown, isWide),
    names: () =>
      objectsByKey(
        "Node",
        shown.frames.map(({ node }) => node),
      ),
  };
  io.stdout.write(printOutput(formOf(options), output));
}

/** Writes the file; why it cannot, empty where it did. */
async function write(bytes: Uint8Array, file: string, io: ProgramIo): Promise<string> {
  if (file === "-") {
    io.stdout.write(bytes);
    return "";
  }
  try {
    // A person's own: it names machines of the network.
    await writePrivately(file, bytes);
  } catch (error) {
    return (error as Error).message;
  }
  io.stdout.write(`${file}\n`);
  return "";
}
