import { matchingRows } from "#src/view/page/matching-rows.ts";
import type { PageView } from "#src/view/page/page-view.ts";
import { age } from "./age.ts";
import { Blocks } from "./blocks.ts";
import { Details } from "./details.ts";
import { ask } from "./ask.ts";
import { html, useEffect, useMemo, useRef, useState, type VNode } from "./preact.js";
import { SignIn } from "./sign-in.ts";
import { type Streamed, useStream } from "./use-stream.ts";
import { useNow } from "./use-now.ts";

/** The whole page. */
export function App(): VNode {
  const [attempt, setAttempt] = useState(0);
  const streamed = useStream(attempt);
  const nowMs = useNow(streamed.aheadMs);
  const [search, setSearch] = useState("");
  const [subject, setSubject] = useState("");
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
    <${Content}
      streamed=${streamed}
      shown=${shown}
      nowMs=${nowMs}
      subject=${subject}
      onAsk=${setSubject}
      onToken=${() => setAttempt((before) => before + 1)}
    />
  </div>`;
}

interface ContentProps {
  readonly streamed: Streamed;
  /** What the search leaves of what is seen; undefined while nothing is. */
  readonly shown: PageView | undefined;
  readonly nowMs: number;
  /** What is explained beside the blocks; empty: nothing. */
  readonly subject: string;
  readonly onAsk: (subject: string) => void;
  readonly onToken: () => void;
}

/** The blocks; before there is anything to show, why not, or the form that asks who it is. */
function Content({ streamed, shown, nowMs, subject, onAsk, onToken }: ContentProps): VNode {
  const { link, view, why, version } = streamed;
  if (link === "refused") return html`<${SignIn} why=${why} onToken=${onToken} />`;
  if (shown === undefined || view === undefined)
    return html`<p class="quiet waiting">${link === "blind" ? "" : "Looking …"}</p>`;
  const details = html`<${Details}
    subject=${subject}
    version=${version}
    nowMs=${nowMs}
    onClose=${() => onAsk("")}
    onAsk=${onAsk}
  />`;
  return html`<div class=${subject === "" ? "content" : "content has-details"}>
    <${Blocks} view=${view} shown=${shown} nowMs=${nowMs} onAsk=${onAsk} />
    ${subject !== "" && details}
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
