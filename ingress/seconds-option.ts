/** An option in whole seconds: for a day at most. */
export const SECONDS_OPTION = { kind: "number", min: 1, max: 86_400 } as const;
