import type { PageView } from "#src/view/page/page-view.ts";
import { Addresses } from "./addresses.ts";
import { Hour } from "./hour.ts";
import { Needs } from "./needs.ts";
import { Pools } from "./pools.ts";
import { html, useState, type VNode } from "./preact.js";
import { Rack } from "./rack.ts";
import { Routes } from "./routes.ts";
import { Strip } from "./strip.ts";

interface BlocksProps {
  readonly view: PageView;
  /** What of it the search leaves. */
  readonly shown: PageView;
  readonly nowMs: number;
  readonly onAsk: (subject: string) => void;
}

/** All that the page says of itself, block by block; each says how much of it there is in all. */
export function Blocks({ view, shown, nowMs, onAsk }: BlocksProps): VNode {
  const [isAll, setAll] = useState(false);
  return html`<main>
    <${Strip} view=${view} nowMs=${nowMs} />
    <${Needs}
      needs=${shown.needs}
      total=${view.needs.length}
      isAll=${isAll}
      nowMs=${nowMs}
      onAll=${() => setAll(true)}
      onAsk=${onAsk}
    />
    <div class="columns">
      <${Rack}
        nodes=${shown.nodes}
        total=${view.nodes.length}
        isKnown=${!view.unknown.includes("speakers")}
        nowMs=${nowMs}
      />
      <${Hour} hour=${shown.hour} total=${view.hour.length} nowMs=${nowMs} onAsk=${onAsk} />
      <${Pools} pools=${shown.pools} total=${view.pools.length} isKnown=${!view.unknown.includes("pools")} />
    </div>
    <${Addresses}
      addresses=${shown.addresses}
      total=${view.addresses.length}
      isKnown=${!view.unknown.includes("services")}
      nowMs=${nowMs}
      onAsk=${onAsk}
    />
    <${Routes}
      routes=${shown.routes}
      total=${view.routes.length}
      isKnown=${!view.unknown.includes("routes")}
      onAsk=${onAsk}
    />
    <${Foot} view=${view} />
  </main>`;
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
