/** The start of every page: puts it, with what is around it, where the server's shell was. */

import { type ComponentType, render } from "preact";
import { Shell } from "./parts/shell.tsx";
import { language } from "./texts/index.ts";

export function start(Page: ComponentType): void {
  document.documentElement.lang = language;
  const root = document.createElement("div");
  render(
    <Shell>
      <Page />
    </Shell>,
    root,
  );
  document.getElementById("page")?.replaceWith(root);
}
