import type { AddressRow } from "#src/view/page/address-rows.ts";
import { Age } from "./age.ts";
import { LongList } from "./long-list.ts";
import { type Child, html, type VNode } from "./preact.js";
import { Section } from "./section.ts";

interface AddressesProps {
  readonly addresses: readonly AddressRow[];
  /** How many there are without the search. */
  readonly total: number;
  readonly isKnown: boolean;
  readonly nowMs: number;
  onAsk(subject: string): void;
}

/** All addresses: whose they are, which node announces each, and which would take it over. */
export function Addresses({ addresses, total, isKnown, nowMs, onAsk }: AddressesProps): VNode {
  const empty = isKnown ? "No Service of type LoadBalancer." : "Services may not be read.";
  const shown = addresses.length;
  return html`<${Section}
    id="addresses"
    name="Addresses"
    shown=${shown}
    total=${isKnown ? total : undefined}
    empty=${empty}
  >
    <${LongList}
      label="Addresses"
      className="addresses"
      columns=${["Address", "Service", "Owner", "Spares", "Endpoints", "Pool", "State"]}
      rows=${addresses}
      keyOf=${({ key }: AddressRow) => key}
      toneOf=${({ served, orphaned }: AddressRow) => (served ? (orphaned ? "warn" : "ok") : "bad")}
      cellsOf=${(row: AddressRow) => cellsOf(row, nowMs, onAsk)}
    />
  <//>`;
}

function cellsOf(row: AddressRow, nowMs: number, onAsk: (subject: string) => void): readonly Child[] {
  const { ip, service, owner, certain, ownerSince, spares, endpoints, pool, orphaned, reason, message, served, since } =
    row;
  return [
    ip === ""
      ? html`<span class="pending">pending</span>`
      : html`<button class="link mono" onClick=${() => onAsk(ip)}>${ip}</button>`,
    html`<button class="link" title=${service} onClick=${() => onAsk(service)}>${service}</button>`,
    owner === null
      ? html`<span class="unknown">?</span>`
      : html`<span title=${owner}>${owner === "" ? "none" : owner}${certain ? "" : "?"}</span>${" "}<${Age}
            at=${ownerSince}
            nowMs=${nowMs}
          />`,
    spares === null
      ? html`<span class="unknown">?</span>`
      : html`<span title=${spares.first.join(", ")}
          >${spares.count === 0 ? "none" : spares.first.slice(0, 2).join(", ")}${spares.count > 2 ? ` +${spares.count - 2}` : ""}</span
        >`,
    endpoints === null ? html`<span class="unknown">?</span>` : `${endpoints.ready} of ${endpoints.all}`,
    html`<span title=${pool}>${orphaned ? "(gone)" : pool}</span>`,
    html`<span class=${served ? "reason" : "reason bad"} title=${message}
        >${reason || (served ? "served" : "not served")}</span
      >${" "}<${Age} at=${since} nowMs=${nowMs} />`,
  ];
}
