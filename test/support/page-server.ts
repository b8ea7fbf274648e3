import { type IncomingHttpHeaders, request, type IncomingMessage } from "node:http";
import { delay } from "#src/process/clock.ts";
import { type PageServer, type PageServerOptions, startPageServer } from "#src/page/page-server.ts";
import type { PageView } from "#src/view/page/page-view.ts";

/** The secret of the servers of tests. */
export const TOKEN = "0123456789abcdef";

/** A page server with one file, which looks by `look`. */
export async function testPageServer(
  look: () => Promise<PageView> | PageView,
  more: Partial<PageServerOptions> = {},
): Promise<PageServer & AsyncDisposable> {
  const server = await startPageServer({
    files: new Map([["/", { contentType: "text/html; charset=utf-8", text: "<!doctype html>" }]]),
    token: TOKEN,
    listen: { port: 0 },
    title: "test",
    nowMs: () => Date.now(),
    wait: delay,
    everyMs: 10,
    look: async () => ({ ok: true, view: await look() }),
    explain: async (subject) => Promise.resolve({ explained: subject }),
    history: async (subject) => Promise.resolve({ history: subject }),
    ...more,
  });
  return { ...server, [Symbol.asyncDispose]: async () => server.close() };
}

export interface Answered {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Sends one request as it is given, whatever the URL says of its Host. */
export async function askPage(
  url: string,
  {
    method = "GET",
    headers = {},
  }: { readonly method?: string; readonly headers?: Readonly<Record<string, string>> } = {},
): Promise<Answered> {
  const response = await send(url, method, headers);
  let body = "";
  for await (const part of response.setEncoding("utf8")) body += String(part);
  return { status: response.statusCode, headers: response.headers, body };
}

async function send(url: string, method: string, headers: Readonly<Record<string, string>>): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request(url, { method, headers, agent: false }, resolve).on("error", reject).end();
  });
}

/** One message of the stream. */
export interface StreamedMessage {
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Follows a page: its messages as they come, until the reader is returned. */
export async function* followPage(
  server: Pick<PageServer, "url">,
  headers: Readonly<Record<string, string>> = {},
): AsyncGenerator<StreamedMessage> {
  const response = await send(`${server.url}stream`, "GET", headers);
  let text = "";
  try {
    for await (const part of response.setEncoding("utf8")) {
      text += String(part);
      const messages = text.split("\n\n");
      text = messages.pop() ?? "";
      for (const message of messages) {
        const [, event = "", data = "{}"] = /^event: (\w+)\ndata: (.*)$/.exec(message) ?? [];
        if (event !== "") yield { event, data: JSON.parse(data) as StreamedMessage["data"] };
      }
    }
  } finally {
    response.destroy();
  }
}
