/** Whether a program is ready, by named conditions, all of which must hold. */
export interface Health {
  /** Sets whether a condition holds, and why or why not. Throws for a name that was not given at the start. */
  set(name: string, ok: boolean, detail?: string): void;
  /** True while every condition holds. */
  ready(): boolean;
  /** One line for each condition: `[+] synced` or `[-] synced: waiting for the first list`. */
  report(): string;
}

/** Conditions for `/readyz`; none holds until it is set. `onReady` is called once, when they first all hold. */
export function createHealth(conditions: readonly string[], onReady: () => void = () => undefined): Health {
  const states = new Map(conditions.map((name) => [name, { ok: false, detail: "not yet" }]));
  let wasReady = false;
  const isReady = (): boolean => [...states.values()].every(({ ok }) => ok);
  return {
    set(name, ok, detail = "") {
      if (!states.has(name)) throw new Error(`no readiness condition is named ${name}`);
      states.set(name, { ok, detail });
      if (wasReady || !isReady()) return;
      wasReady = true;
      onReady();
    },
    ready: isReady,
    report: () =>
      [...states]
        .map(([name, { ok, detail }]) => `[${ok ? "+" : "-"}] ${name}${detail === "" ? "" : `: ${detail}`}\n`)
        .join(""),
  };
}
