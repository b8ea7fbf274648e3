// Usage: npm run bench -- failover|partition|spurious|dead-node|http|churn|cores|arp|scale|memory|assign|mesh|routes [--json] [--raw FILE] [options of the bench; see --help]
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { main as arp } from "./arp.ts";
import { main as assign } from "./assign.ts";
import { main as churn } from "./churn.ts";
import { main as cores } from "./cores.ts";
import { main as deadNode } from "./dead-node.ts";
import { main as failover } from "./failover.ts";
import { main as http } from "./http.ts";
import { main as memory, prepare as prepareMemory } from "./memory.ts";
import { main as mesh } from "./mesh.ts";
import { main as partition } from "./partition.ts";
import { main as routes } from "./routes.ts";
import { main as scale, prepare as prepareScale } from "./scale.ts";
import { main as spurious } from "./spurious.ts";

interface Bench {
  /** Whether it needs a rack, and so the namespaces of lab/rack/enter.js. */
  readonly rack: boolean;
  /** Done before the namespaces, which reach no network; resolves with environment variables for those inside. */
  prepare?(): Promise<Readonly<Record<string, string>>>;
  /** Prints the report; resolves with the exit code. */
  main(args: readonly string[]): Promise<number>;
}

const benches: Readonly<Record<string, Bench>> = {
  failover: { rack: true, main: failover },
  partition: { rack: true, main: partition },
  spurious: { rack: true, main: spurious },
  "dead-node": { rack: true, main: deadNode },
  http: { rack: false, main: http },
  churn: { rack: false, main: churn },
  cores: { rack: false, main: cores },
  arp: { rack: true, main: arp },
  scale: { rack: true, prepare: prepareScale, main: scale },
  memory: { rack: true, prepare: prepareMemory, main: memory },
  assign: { rack: false, main: assign },
  mesh: { rack: true, main: mesh },
  routes: { rack: false, main: routes },
};

const [name = "", ...args] = process.argv.slice(2);
const bench = benches[name];
if (bench === undefined) {
  console.error(`Usage: npm run bench -- ${Object.keys(benches).join("|")} [--json] [--raw FILE] [--help]`);
  process.exitCode = 2;
} else if (bench.rack && process.env["HAWSER_RACK"] !== "1") {
  const prepared = args.includes("--help") ? {} : await bench.prepare?.();
  const enter = fileURLToPath(new URL("../lab/rack/enter.js", import.meta.url));
  const child = spawn(process.execPath, [enter, fileURLToPath(import.meta.url), name, ...args], {
    stdio: "inherit",
    env: { ...process.env, ...prepared },
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => child.kill(signal));
  const [code] = (await once(child, "exit")) as [number | null];
  process.exitCode = code ?? 1;
} else {
  process.exitCode = await bench.main(args);
}
