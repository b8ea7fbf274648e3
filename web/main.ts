// The page's program: draws what the server sends.
import { html, render } from "./preact.js";
import { App } from "./app.ts";

const root = document.querySelector("#page");
if (root !== null) {
  root.replaceChildren();
  render(html`<${App} />`, root);
}
