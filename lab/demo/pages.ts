import type { Host } from "#lab/rack/host.ts";

/** A page as the client got it. */
export interface Page {
  readonly status: number;
  /** The pod that says it made it; undefined for an error page. */
  readonly pod: string | undefined;
  /** The path the pod was asked for. */
  readonly path: string | undefined;
  readonly body: string;
}

export interface PageRequest {
  readonly ip: string;
  /** The Host header. */
  readonly host: string;
  readonly path: string;
}

/** Gets pages with one program in the client, one after the other on one connection. */
export async function getPages(client: Host, requests: readonly PageRequest[]): Promise<readonly Page[]> {
  const { code, stdout, stderr } = await client.run(
    [process.execPath, "--input-type=module", "-e", PROGRAM],
    JSON.stringify(requests),
  );
  if (code !== 0) throw new Error(`the client could not get its pages: ${stderr.trim()}`);
  return JSON.parse(stdout) as Page[];
}

/** Reads the requests from stdin, prints the pages. */
const PROGRAM = `
import { Agent, request } from "node:http";
import { text } from "node:stream/consumers";
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
const fact = (body, name) => new RegExp("<dt>" + name + "</dt><dd>([^<]*)|^" + name + ": (.*)$", "m").exec(body)?.slice(1).find(Boolean);
const pages = [];
for (const { ip, host, path } of JSON.parse(await text(process.stdin))) {
  const get = (resolve, reject) => {
    const sent = request({ host: ip, path, agent, headers: { host }, timeout: 5000 }, resolve);
    // As a browser does: what a connection kept from before does not take is asked on a new one.
    sent.on("error", (error) => (sent.reusedSocket ? get(resolve, reject) : reject(error)));
    sent.end();
  };
  const response = await new Promise(get);
  const body = await text(response);
  pages.push({ status: response.statusCode, pod: fact(body, "pod"), path: fact(body, "path"), body });
}
console.log(JSON.stringify(pages));
agent.destroy();
`;
