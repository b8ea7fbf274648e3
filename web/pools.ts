import type { PoolRow } from "#src/view/page/pool-rows.ts";
import { html, type VNode } from "./preact.js";
import { Section } from "./section.ts";

interface PoolsProps {
  readonly pools: readonly PoolRow[];
  readonly total: number;
  readonly isKnown: boolean;
}

/** How full the pools are, as bars. */
export function Pools({ pools, total, isKnown }: PoolsProps): VNode {
  const empty = isKnown ? "There is no pool." : "The configuration may not be read.";
  return html`<${Section} id="pools" name="Pools" shown=${pools.length} total=${total} empty=${empty}>
    <ul class="pools" tabindex="0" aria-label="Pools">
      ${pools.map((pool) => html`<${Pool} key=${pool.key} pool=${pool} />`)}
    </ul>
  <//>`;
}

const TONES = { ok: "ok", high: "warn", full: "bad", unknown: "unknown" } as const;

function Pool({ pool }: { readonly pool: PoolRow }): VNode {
  const { key, size, used, percent, level, autoAssign, disabled, ranges } = pool;
  const mode = disabled ? "disabled" : autoAssign ? "" : "only on request";
  const said = used === null ? `? of ${size}` : `${used} of ${size}`;
  return html`<li class="pool">
    <span class="name" title=${key}>${key}</span>
    <span class="figures"
      >${said}${percent !== null && html` <span class=${`percent ${TONES[level]}`}>${percent} %</span>`}</span
    >
    <meter class=${TONES[level]} min="0" max="100" value=${percent ?? 0} aria-label=${`Use of pool ${key}`}>
      ${said}
    </meter>
    <span class="said">${[ranges.join(", "), mode].filter(Boolean).join(" · ")}</span>
  </li>`;
}
