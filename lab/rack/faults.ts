import { CommandPipe, type EffectTimes } from "./command-pipe.ts";
import type { Host } from "./host.ts";
import { portOf } from "./wiring.ts";

/** The switch's own filter: which ports are dead, which pairs do not hear each other, which lose frames. */
export const switchTable = `table bridge cut {
  set pairs {
    type ifname . ifname
  }
  set dead {
    type ifname
  }
  chain lossy {
  }
  chain forward {
    type filter hook forward priority 0;
    iifname . oifname @pairs drop
    iifname @dead drop
    oifname @dead drop
    jump lossy
  }
}
`;

/** Answered with one line, which proves that the change before it was made. */
const NFT_QUESTION = "list tables bridge";

/** What is broken at the switch now, and the tools to change it within a millisecond. */
export class Faults {
  readonly #nft: CommandPipe;
  readonly #ip: CommandPipe;
  readonly #unplugged = new Set<string>();
  readonly #dead = new Set<string>();
  /** `"p-n1" . "p-n2"`: frames that came in by the first do not leave by the second. */
  readonly #pairs = new Set<string>();
  /** Port -> percent of the frames towards it that are dropped. */
  readonly #loss = new Map<string, number>();

  constructor(inSwitch: (command: readonly string[]) => string[]) {
    this.#nft = new CommandPipe(inSwitch(["nft", "-i"]));
    this.#ip = new CommandPipe(inSwitch(["ip", "-oneline", "-force", "-batch", "-"]));
  }

  /** The switch's port goes down: the host sees NO-CARRIER. */
  cutCable(host: Host): Promise<EffectTimes> {
    this.#unplugged.add(portOf(host.name));
    return this.#setPort(portOf(host.name), "down");
  }

  /** The switch drops all frames from and to the host, whose carrier stays up: it sees nothing but silence. */
  cutSilent(host: Host): Promise<EffectTimes> {
    this.#dead.add(portOf(host.name));
    return this.#filter(`add element bridge cut dead { "${portOf(host.name)}" }`);
  }

  /** Undoes cutCable, cutSilent and loss of one host. Partitions stay. */
  async restore(host: Host): Promise<EffectTimes> {
    const port = portOf(host.name);
    this.#loss.delete(port);
    this.#dead.delete(port);
    const lossy = await this.#applyLoss();
    const dead = await this.#filter(
      ["flush set bridge cut dead", ...addElements("dead", quoted(this.#dead))].join("; "),
    );
    const plugged = this.#unplugged.delete(port) ? await this.#setPort(port, "up") : dead;
    return { issuedNs: lossy.issuedNs, effectiveNs: plugged.effectiveNs };
  }

  /** No host of `left` hears a host of `right`, nor the other way round; all others reach both. */
  partition(left: readonly Host[], right: readonly Host[]): Promise<EffectTimes> {
    const pairs = left.flatMap((a) => right.flatMap((b) => [pairOf(a, b), pairOf(b, a)]));
    for (const pair of pairs) this.#pairs.add(pair);
    return this.#filter(addElements("pairs", pairs).join("; "));
  }

  /** What `from` sends does not arrive at `to`; the other direction works. */
  oneWay(from: Host, to: Host): Promise<EffectTimes> {
    this.#pairs.add(pairOf(from, to));
    return this.#filter(`add element bridge cut pairs { ${pairOf(from, to)} }`);
  }

  /** Drops this percentage (0 to 100, whole) of the frames towards the host, by chance. */
  loss(host: Host, percent: number): Promise<EffectTimes> {
    if (!Number.isInteger(percent) || percent < 0 || percent > 100) {
      throw new RangeError(`loss is a whole percentage, not ${percent}`);
    }
    this.#loss.set(portOf(host.name), percent);
    return this.#applyLoss();
  }

  /** Undoes everything that was broken at the switch. A node that was powered off stays off. */
  async heal(): Promise<EffectTimes> {
    this.#dead.clear();
    this.#pairs.clear();
    this.#loss.clear();
    const filtered = await this.#filter(
      "flush set bridge cut dead; flush set bridge cut pairs; flush chain bridge cut lossy",
    );
    let effectiveNs = filtered.effectiveNs;
    for (const port of this.#unplugged) effectiveNs = (await this.#setPort(port, "up")).effectiveNs;
    this.#unplugged.clear();
    return { issuedNs: filtered.issuedNs, effectiveNs };
  }

  /** Takes the host's port and cable away for good: the first half of a power cut. */
  unplug(host: Host): Promise<EffectTimes> {
    this.#unplugged.delete(portOf(host.name));
    return this.#ip.change(`link del ${portOf(host.name)}`, "link show dev br0");
  }

  async close(): Promise<void> {
    await Promise.all([this.#nft.close(), this.#ip.close()]);
  }

  #setPort(port: string, state: "up" | "down"): Promise<EffectTimes> {
    return this.#ip.change(`link set ${port} ${state}`, `link show dev ${port}`);
  }

  #applyLoss(): Promise<EffectTimes> {
    const rules = [...this.#loss]
      .filter(([, percent]) => percent > 0)
      .map(([port, percent]) => {
        const chance = percent === 100 ? "" : `numgen random mod 100 < ${percent} `;
        return `add rule bridge cut lossy oifname "${port}" ${chance}drop`;
      });
    return this.#filter(["flush chain bridge cut lossy", ...rules].join("; "));
  }

  /** One line is one transaction: all of it takes effect at once. */
  #filter(line: string): Promise<EffectTimes> {
    return this.#nft.change(line, NFT_QUESTION);
  }
}

function pairOf(from: Host, to: Host): string {
  return `"${portOf(from.name)}" . "${portOf(to.name)}"`;
}

function quoted(ports: Iterable<string>): string[] {
  return [...ports].map((port) => `"${port}"`);
}

function addElements(set: string, elements: readonly string[]): string[] {
  return elements.length === 0 ? [] : [`add element bridge cut ${set} { ${elements.join(", ")} }`];
}
