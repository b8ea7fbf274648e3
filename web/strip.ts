import type { PageView } from "#src/view/page/page-view.ts";
import { age } from "./age.ts";
import { html, type VNode } from "./preact.js";

interface Figure {
  readonly name: string;
  readonly value: string;
  readonly note: string;
  readonly tone: "ok" | "bad" | "warn" | "unknown";
}

/** A longer text is set smaller. */
const LONG = 14;

/** The figures that are looked at first. */
export function Strip({ view, nowMs }: { readonly view: PageView; readonly nowMs: number }): VNode {
  const figures = [ofServices(view), ofPending(view), ofSpeakers(view), ofLeader(view, nowMs), ofConfig(view, nowMs)];
  return html`<dl class="strip" aria-label="Figures">
    ${figures.map(
      ({ name, value, note, tone }) =>
        html`<div class=${`figure ${tone}`} key=${name}>
          <dt>${name}</dt>
          <dd class=${value.length > LONG ? "value long" : "value"} title=${value}>${value}</dd>
          <dd class="note">${note}</dd>
        </div>`,
    )}
  </dl>`;
}

const UNKNOWN = { value: "?", note: "may not be read", tone: "unknown" } as const;

function ofServices({ strip: { services } }: PageView): Figure {
  const name = "Not served";
  if (services === null) return { name, ...UNKNOWN };
  const { all, unserved } = services;
  const note = `of ${all} Service${all === 1 ? "" : "s"}`;
  return { name, value: String(unserved), note, tone: unserved === 0 ? "ok" : "bad" };
}

function ofPending({ strip: { services } }: PageView): Figure {
  const name = "Pending";
  if (services === null) return { name, ...UNKNOWN };
  return {
    name,
    value: String(services.pending),
    note: "without an address",
    tone: services.pending === 0 ? "ok" : "bad",
  };
}

function ofSpeakers({ strip: { speakers } }: PageView): Figure {
  const name = "Speakers";
  if (speakers === null) return { name, ...UNKNOWN };
  const { up, all, certain } = speakers;
  const tone = up === 0 ? "bad" : up < all ? "warn" : "ok";
  return {
    name,
    value: `${up}/${all}${certain ? "" : "?"}`,
    note: certain ? "up" : "up, by their own reports alone",
    tone,
  };
}

function ofLeader({ strip: { leader } }: PageView, nowMs: number): Figure {
  const name = "Leader";
  if (leader === null) return { name, ...UNKNOWN };
  if (leader === "none") return { name, value: "none", note: "a folder needs none", tone: "ok" };
  const { holder, leads, renewedAt } = leader;
  const seen = renewedAt === "" ? "" : `renewed ${age(renewedAt, nowMs)} ago`;
  if (leads) return { name, value: holder, note: seen, tone: "ok" };
  return { name, value: "none", note: holder === "" ? "no controller leads" : `${holder} ${seen}`, tone: "bad" };
}

function ofConfig({ strip: { config } }: PageView, nowMs: number): Figure {
  const name = "Configuration";
  if (config === null) return { name, ...UNKNOWN };
  const { state, since, pools } = config;
  const count = `${pools} pool${pools === 1 ? "" : "s"}`;
  const when = since === "" ? "" : `, ${age(since, nowMs)} ago`;
  if (state === "missing") return { name, value: "missing", note: "no pools", tone: "bad" };
  if (state === "invalid") return { name, value: "not loaded", note: `the last good one is used${when}`, tone: "bad" };
  if (state === "unknown") return { name, value: count, note: "in use, no change seen", tone: "ok" };
  return { name, value: count, note: `loaded${when}`, tone: "ok" };
}
