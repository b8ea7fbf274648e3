/** The texts of the whole and of each group (empty where it took no part), by where `matchProgram` found them. */
export function groupsIn(text: string, places: readonly number[]): readonly string[] {
  return Array.from({ length: places.length / 2 }, (_, index) => {
    const [start, end] = [places[2 * index]!, places[2 * index + 1]!];
    return start === -1 || end === -1 ? "" : text.slice(start, end);
  });
}
