import { fileURLToPath } from "node:url";
import type { DemoWorld } from "./world.ts";

const PROGRAM = fileURLToPath(new URL("page-main.ts", import.meta.url));

/** Where the page listens, and the port that its browser asks for. */
export interface PageListening {
  readonly socket: string;
  readonly port: number;
}

/** Starts the page of this world on a Unix socket; resolves with its address, as a browser at the other end of a relay has it. */
export async function openPage({ visit }: DemoWorld, { socket, port }: PageListening): Promise<string> {
  const { host, options } = visit.page;
  const command = [process.execPath, PROGRAM, socket, String(port), ...options];
  const { lines } = await host.spawn({ name: "page", command, ready: /^page http/ });
  return lines.find((line) => line.startsWith("page http"))?.slice("page ".length) ?? "";
}
