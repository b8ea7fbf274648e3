import { nearest } from "#src/process/nearest.ts";
import { EXIT_USAGE } from "#src/process/options.ts";
import { runProgram } from "./program.ts";

interface Verb {
  readonly about: string;
  /** Resolves with the exit code; of a program only where it cannot take this process's place. */
  run(args: readonly string[]): Promise<number>;
}

/** The verbs, in the order of `--help`. What a verb needs is loaded when it is called. */
const verbs: Readonly<Record<string, Verb>> = {
  controller: {
    about: "Gives Services of type LoadBalancer addresses from the pools",
    run: async (args) => runProgram("controller", args),
  },
  speaker: {
    about: "Answers ARP and NDP on this node for the addresses it owns",
    run: async (args) => runProgram("speaker", args),
  },
  ingress: {
    about: "Routes HTTP and HTTPS to backends by Ingress objects",
    run: async (args) => runProgram("ingress", args),
  },
  demo: {
    about: "Shows the main job on a rack of three nodes inside this machine",
    run: async (args) => (await import("./demo.ts")).main(args),
  },
  check: {
    about: "Reads manifests and prints every Problem in them",
    run: async (args) => (await import("./check.ts")).main(args),
  },
  status: {
    about: "Shows pools, Services, speakers and the latest Events",
    run: async (args) => (await import("./status.ts")).main(args),
  },
  version: {
    about: "Prints the versions of Hawser and of Node, and the state of the native module",
    run: async (args) => (await import("./version.ts")).main(args),
  },
};

function help(): string {
  const width = Math.max(...Object.keys(verbs).map((name) => name.length)) + 2;
  const lines = Object.entries(verbs).map(([name, { about }]) => `  ${name.padEnd(width)}${about}`);
  return [
    "Usage: hawser VERB [options]",
    "",
    "Addresses for Kubernetes Services of type LoadBalancer on bare metal, ARP and NDP, and an ingress proxy.",
    "",
    ...lines,
    "",
    "hawser VERB --help says more.",
    "",
  ].join("\n");
}

function refuse(text: string): number {
  process.stderr.write(`${text}\nSee hawser --help\n`);
  return EXIT_USAGE;
}

async function main([verb, ...args]: readonly string[]): Promise<number> {
  if (verb === undefined) return refuse("hawser: say what to do");
  if (["--help", "-h", "help"].includes(verb)) {
    process.stdout.write(help());
    return 0;
  }
  const name = verb === "--version" || verb === "-v" ? "version" : verb;
  const known = Object.hasOwn(verbs, name) ? verbs[name] : undefined;
  if (known !== undefined) return known.run(args);
  const guess = nearest(name, Object.keys(verbs));
  return refuse(`hawser: there is no verb "${name}"${guess === undefined ? "" : `. Did you mean ${guess}?`}`);
}

process.exitCode = await main(process.argv.slice(2));
