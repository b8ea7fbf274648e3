/** What nginx writes as `on` and `off`; undefined for any other text. */
export function onOff(text: string): boolean | undefined {
  return text === "on" || text === "off" ? text === "on" : undefined;
}
