import { request } from "node:http";
import type { PageView } from "#src/view/page/page-view.ts";
import { openPage, type PageListening } from "./open-page.ts";
import type { Stage } from "./stage.ts";

/** What the page's Host is where no command outside of the rack relays it. */
const NO_RELAY_PORT = 8080;

/** The page of this world, as a browser gets it. Resolves with its address, which is reached where the command outside relays it. */
export async function shownPage({ world, teller }: Stage): Promise<string> {
  teller.chapter("hawser ui: the same on a page, live");
  const listening = relay() ?? { port: NO_RELAY_PORT, socket: `${world.visit.directory}.page` };
  const url = await openPage(world, listening);
  const { strip, needs } = await firstView(url, listening.socket);
  const [worst] = needs;
  const figures = {
    services: strip.services?.all,
    unserved: strip.services?.unserved,
    speakers: strip.speakers?.all,
    up: strip.speakers?.up,
    needs: needs.length,
  };
  teller.found(
    `${figures.unserved} of ${figures.services} Services are not served, ${figures.up} of ${figures.speakers} speakers are up`,
    { event: "ui", ...figures },
  );
  if (worst !== undefined)
    teller.show(`${worst.severity}  ${worst.about}  ${worst.reason}\n${worst.text}\n${worst.fix}`);
  return url;
}

function relay(): PageListening | undefined {
  const [port = "", socket = ""] = (process.env["HAWSER_DEMO_PAGE"] ?? "").split(" ");
  return port === "" || socket === "" ? undefined : { port: Number(port), socket };
}

/** The first message of the page's stream, which is the whole page. */
async function firstView(url: string, socketPath: string): Promise<PageView> {
  const { host, pathname } = new URL(url);
  const { promise, resolve, reject } = Promise.withResolvers<PageView>();
  const sent = request({ socketPath, path: `${pathname}stream`, headers: { host } }, (response) => {
    let text = "";
    response.setEncoding("utf8").on("data", (part: string) => {
      text += part;
      const [, data] = /^event: page\ndata: (.*)\n\n/m.exec(text) ?? [];
      if (data === undefined) return;
      resolve((JSON.parse(data) as { readonly view: PageView }).view);
      response.destroy();
    });
    response.on("close", () => reject(new Error(`the page ended: ${text.slice(0, 200)}`)));
  });
  sent.on("error", reject).end();
  return promise;
}
