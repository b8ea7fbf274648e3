/** Something that is done soon after it is asked for. */
export interface Soon {
  /** Asked for again before it is done, it is done once. */
  ask(): void;
  /** It is not done any longer. */
  stop(): void;
}

/** Does it each time that it is asked for, when timers that are due have run, and what sockets and threads have sent was read once. */
export function soon(act: () => void): Soon {
  let asked: NodeJS.Immediate | undefined;
  let isOver = false;
  return {
    ask() {
      if (isOver) return;
      asked ??= setImmediate(() => {
        asked = undefined;
        act();
      });
    },
    stop() {
      isOver = true;
      clearImmediate(asked);
    },
  };
}
