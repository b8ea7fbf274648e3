import { describe, expect, it } from "vitest";
import { OpenedTexts } from "#ingress/auth/opened-texts.ts";
import { NONCE_BYTES, sealKey, sealText } from "#src/auth/oidc/seal-text.ts";

const [OLD, NEW] = [sealKey(Buffer.alloc(32, 1)), sealKey(Buffer.alloc(32, 2))];
const NONCE = Buffer.alloc(NONCE_BYTES);

describe("OpenedTexts", () => {
  it.each([{ letters: 10 }, { letters: 5_000 }])(
    "opens $letters letters with the keys of now, again and again",
    ({ letters }) => {
      const texts = new OpenedTexts();
      const text = "a".repeat(letters);
      const sealed = sealText(text, [OLD], "use", NONCE);
      for (let count = 0; count < 2; count++) {
        expect(texts.unsealBy([OLD])(sealed, "use")).toBe(text);
        expect(texts.unsealBy([NEW, OLD])(sealed, "use")).toBe(text);
        expect(texts.unsealBy([NEW])(sealed, "use")).toBeUndefined();
        expect(texts.unsealBy([OLD])(sealed, "other use")).toBeUndefined();
        expect(texts.unsealBy([OLD])(`${sealed}A`, "use")).toBeUndefined();
      }
    },
  );
});
