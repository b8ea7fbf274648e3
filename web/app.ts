import { matchingRows } from "#src/view/page/matching-rows.ts";
import type { PageView } from "#src/view/page/page-view.ts";
import { Addresses } from "./addresses.ts";
import { age } from "./age.ts";
import { Details } from "./details.ts";
import { Hour } from "./hour.ts";
import { Needs } from "./needs.ts";
import { Pools } from "./pools.ts";
import { ask } from "./ask.ts";
import { html, useEffect, useMemo, useRef, useState, type VNode } from "./preact.js";
import { Rack } from "./rack.ts";
import { Routes } from "./routes.ts";
import { SignIn } from "./sign-in.ts";
import { Strip } from "./strip.ts";
import { type Streamed, useStream } from "./use-stream.ts";
import { useNow } from "./use-now.ts";

/** The whole page. */
export function App(): VNode {
  const [attempt, setAttempt] = useState(0);
  const streamed = useStream(attempt);
  const nowMs = useNow(streamed.aheadMs);
  const [search, setSearch] = useState("");
  const [subject, setSubject] = useState("");
  const [isAll, setAll] = useState(false);
  const title = useTitle(streamed.link);
  const field = useKeys(() => (subject === "" ? setSearch("") : setSubject("")));
  const { view } = streamed;
  const shown = useMemo(() => view && matchingRows(view, search), [view, search]);
  useEffect(() => {
    document.title = view === undefined ? "Hawser" : pageTitle(view);
  }, [view]);
  const submit = (event: Event): void => {
    event.preventDefault();
    const asked = search.trim();
    if (asked !== "")
      setSubject(shown?.addresses.find(({ service }) => service.endsWith(`/${asked}`))?.service ?? asked);
  };
  return html`<div class="page">
    <header class="top">
      <h1>Hawser</h1>
      <span class="title" title=${title}>${title}</span>
      <form class="search" role="search" onSubmit=${submit}>
        <input
          ref=${field}
          type="search"
          value=${search}
          onInput=${({ target }: { readonly target: HTMLInputElement }) => setSearch(target.value)}
          placeholder="Search IP, host, Service  ( / )"
          aria-label="Search addresses, hosts, Services and nodes. Enter explains it"
        />
      </form>
      <${Link} streamed=${streamed} nowMs=${nowMs} />
    </header>
    <${Blindness} streamed=${streamed} />
    ${
      streamed.link === "refused"
        ? html`<${SignIn} why=${streamed.why} onToken=${() => setAttempt((before) => before + 1)} />`
        : shown === undefined || view === undefined
          ? html`<p class="quiet waiting">${streamed.link === "blind" ? "" : "Looking …"}</p>`
          : html`<div class=${subject === "" ? "content" : "content has-details"}>
              <main>
                <${Strip} view=${view} nowMs=${nowMs} />
                <${Needs}
                  needs=${shown.needs}
                  total=${view.needs.length}
                  isAll=${isAll}
                  nowMs=${nowMs}
                  onAll=${() => setAll(true)}
                  onAsk=${setSubject}
                />
                <div class="columns">
                  <${Rack}
                    nodes=${shown.nodes}
                    total=${view.nodes.length}
                    isKnown=${!view.unknown.includes("speakers")}
                    nowMs=${nowMs}
                  />
                  <${Hour} hour=${shown.hour} total=${view.hour.length} nowMs=${nowMs} onAsk=${setSubject} />
                  <${Pools}
                    pools=${shown.pools}
                    total=${view.pools.length}
                    isKnown=${!view.unknown.includes("pools")}
                  />
                </div>
                <${Addresses}
                  addresses=${shown.addresses}
                  total=${view.addresses.length}
                  isKnown=${!view.unknown.includes("services")}
                  nowMs=${nowMs}
                  onAsk=${setSubject}
                />
                <${Routes}
                  routes=${shown.routes}
                  total=${view.routes.length}
                  isKnown=${!view.unknown.includes("routes")}
                  onAsk=${setSubject}
                />
                <${Foot} view=${view} />
              </main>
              ${
                subject !== "" &&
                html`<${Details}
                  subject=${subject}
                  version=${streamed.version}
                  nowMs=${nowMs}
                  onClose=${() => setSubject("")}
                  onAsk=${setSubject}
                />`
              }
            </div>`
    }
  </div>`;
}

const LINKS = {
  connecting: "connecting",
  live: "live",
  lost: "no connection",
  blind: "cannot see",
  refused: "signed out",
} as const;
const QUIET: readonly Streamed["link"][] = ["connecting", "refused"];

function Link({ streamed, nowMs }: { readonly streamed: Streamed; readonly nowMs: number }): VNode {
  const { link, view } = streamed;
  return html`<span class=${`link-state ${link}`} role="status">
    <span
      class=${`lamp ${link === "live" ? "ok" : QUIET.includes(link) ? "unknown" : "bad"}`}
      aria-hidden="true"
    ></span>
    ${LINKS[link]}${view !== undefined && html`<span class="seen"> · seen ${age(view.seenAt, nowMs)} ago</span>`}
  </span>`;
}

/** Why nothing new is seen. */
function Blindness({ streamed: { link, blind, why } }: { readonly streamed: Streamed }): VNode | null {
  if (link === "lost") {
    return html`<p class="banner" role="alert">
      ${why === "" ? "The server of this page does not answer." : why} What is shown is the last that it saw. It is
      asked again every second.
    </p>`;
  }
  if (link !== "blind") return null;
  return html`<div class="banner" role="alert">
    ${blind.map(
      ({ where, what, why, fix, code }) =>
        html`<p key=${`${where}${what}`}>
          <strong>${where}</strong>: ${what}: ${why}. ${fix}. ${code !== "" && html`<code>${code}</code>`}
        </p>`,
    )}
  </div>`;
}

function Foot({ view }: { readonly view: PageView }): VNode | null {
  const cut = Object.entries(view.cut).map(([list, count]) => `${count} more ${list}`);
  const lines = [
    ...(view.unknown.length === 0 ? [] : [`? = not known: ${view.unknown.join(", ")} cannot be read.`]),
    ...(view.nodes.some(({ alive, certain }) => alive && !certain)
      ? ["NAME? = as that speaker last reported: nothing here proves that it still runs."]
      : []),
    ...(view.routes.length === 0 || view.trafficUnknown === ""
      ? []
      : [`? = requests are not known: ${view.trafficUnknown}.`]),
    ...(cut.length === 0 ? [] : [`Not shown: ${cut.join(", ")}.`]),
  ];
  return html`<footer>${lines.map((line) => html`<p key=${line}>${line}</p>`)}</footer>`;
}

function pageTitle({ needs, strip: { services } }: PageView): string {
  const alarms = needs.filter(({ severity }) => severity === "alarm").length;
  if (services !== null && services.unserved > 0) return `${services.unserved} not served · Hawser`;
  return alarms > 0 ? `${alarms} need you · Hawser` : "Hawser";
}

/** What the server looks at; empty until that is known. */
function useTitle(link: Streamed["link"]): string {
  const [title, setTitle] = useState("");
  useEffect(() => {
    if (title !== "" || link === "refused") return;
    ask("about")
      .then(async (response) => (response.ok ? ((await response.json()) as { readonly title: string }).title : ""))
      .then(setTitle)
      .catch(() => undefined);
  }, [link]);
  return title;
}

/** `/` goes to the search, Escape goes back: closes what is open, then empties the search. */
function useKeys(onEscape: () => void): { current: HTMLInputElement | null } {
  const field = useRef<HTMLInputElement | null>(null);
  const escape = useRef(onEscape);
  escape.current = onEscape;
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (event.key === "Escape") escape.current();
      if (event.key !== "/" || event.target === field.current) return;
      event.preventDefault();
      field.current?.focus();
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, []);
  return field;
}
