import { oneLine } from "#src/model/one-line.ts";
import { nearest } from "#src/model/nearest.ts";
import { EXIT_USAGE } from "#src/process/options.ts";
import type { ProgramIo } from "#src/process/program-io.ts";
import { runProgram } from "./run-program.ts";

interface Command {
  readonly about: string;
  /** Resolves with the exit code. One of the three programs ends the process, and never resolves. */
  run(args: readonly string[], io: ProgramIo): Promise<number>;
}

/** The commands, in the order of `--help`. What a command needs is loaded when it is called. */
const commands: Readonly<Record<string, Command>> = {
  controller: {
    about: "Gives Services of type LoadBalancer addresses from the pools",
    run: async (args) => runProgram("controller", args),
  },
  speaker: {
    about: "Answers ARP and NDP on this node for the addresses it owns",
    run: async (args) => runProgram("speaker", args),
  },
  ingress: {
    about: "Routes HTTP and HTTPS requests to the endpoints of Services by Ingress objects",
    run: async (args) => runProgram("ingress", args),
  },
  demo: {
    about: "Shows takeovers on a rack of three nodes inside this machine",
    run: async (args, io) => (await import("./run-demo.ts")).runDemo(args, io),
  },
  check: {
    about: "Checks manifests or a cluster and prints every problem in them",
    run: async (args, io) => (await import("./run-check.ts")).runCheck(args, io),
  },
  status: {
    about: "Shows pools, Services, speakers and the latest Events",
    run: async (args, io) => (await import("./run-status.ts")).runStatus(args, io),
  },
  ui: {
    about: "Shows all of that and the routes on a page, live, on 127.0.0.1",
    run: async (args, io) => (await import("./run-ui.ts")).runUi(args, io),
  },
  top: {
    about: "Shows the same as ui in this terminal, live",
    run: async (args, io) => (await import("./run-top.ts")).runTop(args, io),
  },
  explain: {
    about: "Explains one Service or address, step by step, and says what to do next",
    run: async (args, io) => (await import("./run-explain.ts")).runExplain(args, io),
  },
  pools: {
    about: "Shows how full the pools are",
    run: async (args, io) => (await import("./run-pools.ts")).runPools(args, io),
  },
  routes: {
    about: "Shows the routes of Ingresses, and what closes a path",
    run: async (args, io) => (await import("./run-routes.ts")).runRoutes(args, io),
  },
  certs: {
    about: "Shows the certificate of each host, and what clients will refuse about it",
    run: async (args, io) => (await import("./run-certs.ts")).runCerts(args, io),
  },
  plan: {
    about: "Foretells which Services keep, gain, lose or move addresses when manifests are applied",
    run: async (args, io) => (await import("./run-plan.ts")).runPlan(args, io),
  },
  migrate: {
    about:
      "Says how a cluster changes from MetalLB or ingress-nginx to Hawser, and what becomes of addresses and Ingresses",
    run: async (args, io) => (await import("./run-migrate.ts")).runMigrate(args, io),
  },
  release: {
    about: "Makes Services give up orphaned addresses, or those of a pool, one Service at a time",
    run: async (args, io) => (await import("./run-release.ts")).runRelease(args, io),
  },
  drain: {
    about: "Makes other nodes take over the addresses that a node announces, and waits until they have",
    run: async (args, io) => (await import("./run-drain.ts")).runDrain(args, io),
  },
  rebalance: {
    about: "Spreads addresses evenly over the nodes that may announce them, at once",
    run: async (args, io) => (await import("./run-rebalance.ts")).runRebalance(args, io),
  },
  history: {
    about: "Shows who had an address when, and which node announced it",
    run: async (args, io) => (await import("./run-history.ts")).runHistory(args, io),
  },
  capture: {
    about: "Shows the ARP and NDP frames about an address that all nodes see, or writes them for Wireshark",
    run: async (args, io) => (await import("./run-capture.ts")).runCapture(args, io),
  },
  collect: {
    about: "Collects what a report about a fault needs into one archive, without secrets",
    run: async (args, io) => (await import("./run-collect.ts")).runCollect(args, io, runHawser),
  },
  completion: {
    about: "Prints the completion for bash, zsh, fish or kubectl",
    run: async (args, io) => (await import("./run-completion.ts")).runCompletion(args, io),
  },
  version: {
    about: "Prints the versions of Hawser and of Node, and the state of the native module",
    run: async (args, io) => (await import("./run-version.ts")).runVersion(args, io),
  },
};

/** The names of all commands. */
export const commandNames: readonly string[] = Object.keys(commands);

/** The commands that a program of ours has: all, without those that are left out. */
type Known = Readonly<Record<string, Command>>;

function help(known: Known): string {
  const width = Math.max(...Object.keys(known).map((name) => name.length)) + 2;
  const lines = Object.entries(known).map(([name, { about }]) => `  ${name.padEnd(width)}${about}`);
  return [
    "Usage: hawser COMMAND [options]",
    "",
    "Addresses for Kubernetes Services of type LoadBalancer on bare metal, announced by ARP and NDP, and an ingress proxy.",
    "",
    ...lines,
    "",
    "See hawser COMMAND --help for its options.",
    "",
  ].join("\n");
}

/** Runs `hawser COMMAND ...`, in a program that is without some commands. Resolves with the exit code. */
export async function runHawser(
  [word, ...args]: readonly string[],
  io: ProgramIo,
  leftOut: ReadonlySet<string> = new Set(),
): Promise<number> {
  const known = Object.fromEntries(Object.entries(commands).filter(([name]) => !leftOut.has(name)));
  if (word === undefined) {
    io.stderr.write(`hawser: no command given\n\n${help(known)}`);
    return EXIT_USAGE;
  }
  if (["--help", "-h", "help"].includes(word)) return showHelp(args, io, known);
  if (word === "__complete") return complete(args, io, known);
  const name = word === "--version" || word === "-v" ? "version" : word;
  const command = find(name, known);
  return command === undefined ? refuse(name, io, known) : command.run(args, io);
}

/** `hawser help`, and `hawser help COMMAND` as `hawser COMMAND --help`. */
async function showHelp([name]: readonly string[], io: ProgramIo, known: Known): Promise<number> {
  if (name === undefined) {
    io.stdout.write(help(known));
    return 0;
  }
  const command = find(name, known);
  return command === undefined ? refuse(name, io, known) : command.run(["--help"], io);
}

/** `hawser __complete WORD...`, which the scripts of `hawser completion` call. */
async function complete(words: readonly string[], io: ProgramIo, known: Known): Promise<number> {
  const [{ runComplete }, { commandWords }] = [await import("./run-complete.ts"), await import("./command-words.ts")];
  const none = { options: {}, words: [], takesFiles: false };
  const completed = Object.entries(known).map(
    ([name, { about }]) =>
      [name, { about, words: async (args: readonly string[]) => commandWords.get(name)?.(args) ?? none }] as const,
  );
  return runComplete(words, io, new Map(completed));
}

function find(name: string, known: Known): Command | undefined {
  return Object.hasOwn(known, name) ? known[name] : undefined;
}

function refuse(name: string, { stderr }: ProgramIo, known: Known): number {
  const guess = nearest(name, Object.keys(known));
  const text = `hawser: unknown command "${name}"${guess === undefined ? "" : `. Did you mean ${guess}?`}`;
  stderr.write(`${oneLine(text)}\n`);
  stderr.write("See hawser --help\n");
  return EXIT_USAGE;
}
