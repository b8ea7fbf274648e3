import { type SealKeys, type Unseal, unsealText } from "#src/auth/oidc/seal-text.ts";
import { RecentMap } from "#src/collections/recent-map.ts";

/** Texts that are kept, and how long each may be: a session of 1 KB is opened once, and not for each request. */
const MAX_TEXTS = 4_096;
const MAX_LETTERS = 4_096;

/** Opens sealed texts, and remembers what was in those that it could open: clients make up others as they like. */
export class OpenedTexts {
  readonly #opened = new RecentMap<string>(MAX_TEXTS);

  /** Opens with these keys; what others opened does not count. */
  unsealBy(keys: SealKeys): Unseal {
    return (sealed, use) => {
      if (sealed.length > MAX_LETTERS) return unsealText(sealed, keys, use);
      const key = `${keys.map(({ id }) => id).join(",")} ${use} ${sealed}`;
      const known = this.#opened.get(key);
      if (known !== undefined) return known;
      const text = unsealText(sealed, keys, use);
      if (text !== undefined) this.#opened.set(key, text);
      return text;
    };
  }
}
