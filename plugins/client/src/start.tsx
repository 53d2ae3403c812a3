/** The start of every page: puts it, with what is around it, where the server's shell was. */

import { type ComponentType, render } from "preact";
import { ICON, Shell } from "./parts/shell.tsx";
import { language } from "./texts/index.ts";

export function start(Page: ComponentType): void {
  document.documentElement.lang = language;
  const icon = document.createElement("link");
  icon.rel = "icon";
  icon.href = ICON;
  document.head.append(icon);
  const root = document.createElement("div");
  render(
    <Shell>
      <Page />
    </Shell>,
    root,
  );
  document.getElementById("page")?.replaceWith(root);
}
