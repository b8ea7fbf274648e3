import { once } from "node:events";
import { type IncomingMessage, request as askPlainly } from "node:http";
import { request as askSecurely } from "node:https";

export interface ProbeAnswer {
  readonly status: number;
  /** By name in small letters. */
  readonly headers: Readonly<Record<string, string>>;
  /** Names and values of cookies that it sets, as they are sent back. */
  readonly cookie: string;
}

/** Asks a port of loopback once. By TLS any certificate will do. */
export async function probe(
  { port, isSecure, host }: { readonly port: number; readonly isSecure: boolean; readonly host: string },
  asked: {
    readonly method: string;
    readonly target: string;
    /** Lines. */
    readonly headers: readonly string[];
    readonly body: string | undefined;
  },
): Promise<ProbeAnswer> {
  const { method, target: path, body = "" } = asked;
  const fields = asked.headers.map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]);
  const length = body === "" ? {} : { "Content-Length": body.length };
  const options = { host: "127.0.0.1", port, method, path, headers: { ...Object.fromEntries(fields), ...length } };
  const sent = isSecure
    ? askSecurely({ ...options, servername: host, rejectUnauthorized: false, agent: false })
    : askPlainly({ ...options, agent: false });
  sent.end(body);
  const [answer] = (await once(sent, "response")) as [IncomingMessage];
  answer.resume();
  await once(answer, "end");
  const texts = Object.entries(answer.headers).map(([name, value]) => [name, String(value)]);
  const cookie = (answer.headers["set-cookie"] ?? []).map((line) => line.split(";")[0]).join("; ");
  return { status: answer.statusCode ?? 0, headers: Object.fromEntries(texts) as Record<string, string>, cookie };
}
