/** One question for an address, and the machines that answered it before the next one, by Ethernet address. */
export interface AskedRound {
  /** CLOCK_MONOTONIC. */
  readonly askedNs: bigint;
  readonly macs: readonly string[];
}

/** What the program prints: a question, or an answer of a machine. */
type AskedLine = readonly ["asked", atNs: string] | readonly ["answered", atNs: string, mac: string];

export function printAskedLine(line: AskedLine): string {
  return line.join(" ");
}

/** Groups the lines, in their order, by the question before each answer. The last question is left out: answers may still come. */
export function askedRounds(lines: readonly string[]): readonly AskedRound[] {
  const rounds: { askedNs: bigint; macs: string[] }[] = [];
  for (const line of lines) {
    const [kind, atNs = "0", mac = ""] = line.split(" ");
    if (kind === "asked") rounds.push({ askedNs: BigInt(atNs), macs: [] });
    else if (kind === "answered" && rounds.at(-1)?.macs.includes(mac) === false) rounds.at(-1)?.macs.push(mac);
  }
  return rounds.slice(0, -1);
}

/** The most machines that answered one question after a time; 0 where none was asked. */
export function mostOwners(rounds: readonly AskedRound[], fromNs: bigint): number {
  return Math.max(0, ...rounds.filter(({ askedNs }) => askedNs >= fromNs).map(({ macs }) => macs.length));
}

/**
 * Milliseconds from a time until the first question from which on no other machine answers than the one that answers at the end; a
 * question without an answer in time tells nothing of that. Undefined if two answer at the end, or none.
 */
export function untilOneOwner(rounds: readonly AskedRound[], fromNs: bigint): number | undefined {
  const after = rounds.filter(({ askedNs, macs }) => askedNs >= fromNs && macs.length > 0);
  const owner = after.at(-1)?.macs.join();
  const last = after.findLastIndex(({ macs }) => macs.length !== 1 || macs.join() !== owner);
  const first = after[last + 1];
  return first === undefined ? undefined : Number(first.askedNs - fromNs) / 1e6;
}
