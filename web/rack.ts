import type { NodeRow } from "#src/view/page/node-rows.ts";
import { Age } from "./age.ts";
import { html, type VNode } from "./preact.js";
import { Section } from "./section.ts";

interface RackProps {
  readonly nodes: readonly NodeRow[];
  readonly total: number;
  readonly isKnown: boolean;
  readonly nowMs: number;
}

/** The nodes: which announce, who hears whom, and what is cut. */
export function Rack({ nodes, total, isKnown, nowMs }: RackProps): VNode {
  const empty = isKnown ? "No node, and no speaker has reported." : "Reports of speakers may not be read.";
  return html`<${Section} id="rack" name="Rack" shown=${nodes.length} total=${total} empty=${empty}>
    <div class="rack" role="table" aria-labelledby="rack" tabindex="0">
      <div class="names" role="row">
        <span role="columnheader" class="node-name">Node</span>
        <span role="columnheader">Speaker</span>
        <span role="columnheader" class="figure-cell">Addresses</span>
        <span role="columnheader" class="figure-cell">Hears</span>
        <span role="columnheader" class="figure-cell">Report</span>
      </div>
      ${nodes.map((node) => html`<${Node} key=${node.key} node=${node} nowMs=${nowMs} />`)}
    </div>
  <//>`;
}

const TONES = { ok: "ok", joining: "warn", cut: "warn", down: "bad", unknown: "unknown" } as const;

function Node({ node, nowMs }: { readonly node: NodeRow; readonly nowMs: number }): VNode {
  const { key, state, detail, certain, health, announces, hears, deafTo, unheardBy, ineligible, reportedAt } = node;
  const reasons = Object.entries(ineligible).map(([reason, count]) => `${reason} for ${count}`);
  const heard = health === "down" || health === "unknown" ? "" : String(hears);
  const said = [
    ...(detail === "" ? [] : [detail]),
    ...(reasons.length === 0 ? [] : [`cannot announce: ${reasons.join(", ")}`]),
    ...(deafTo.length === 0 ? [] : [`does not hear ${deafTo.join(", ")}`]),
    ...(unheardBy.length === 0 ? [] : [`not heard by ${unheardBy.join(", ")}`]),
  ].join("; ");
  return html`<div class=${`node ${health}`} role="row">
    <strong role="cell" class="node-name" title=${key}
      ><span class=${`lamp ${TONES[health]}`} aria-hidden="true"></span><span class="name">${key}</span></strong
    >
    <span role="cell" class=${`state ${TONES[health]}`}>${health === "cut" ? "cut" : state}${certain ? "" : "?"}</span>
    <span role="cell" class="figure-cell">${announces}</span>
    <span role="cell" class="figure-cell">${heard}</span>
    <span role="cell" class="figure-cell"><${Age} at=${reportedAt} nowMs=${nowMs} /></span>
    ${said !== "" && html`<span role="cell" class="said">${said}</span>`}
  </div>`;
}
