/** The pages there are: `src/pages/NAME.tsx` is built into `NAME.js`, which the server's shell loads. */

import { address, seasonPage } from "./address.ts";

export const PAGES = [
  "failure",
  "help",
  "keys",
  "map",
  "parcel",
  "pass",
  "product",
  "season",
  "seasons",
  "work",
] as const;

/** Whether there is a page of this name: nothing links to one that is not there. */
export function exists(page: string): boolean {
  return (PAGES as readonly string[]).includes(page);
}

export interface Place {
  page: "seasons" | "season" | "map" | "work" | "keys" | "help";
  href: string;
}

/** The places of the navigation: those of a season only inside it. */
export function places(season: string | null): Place[] {
  const inside: Place[] =
    season === null
      ? []
      : [
          { page: "season", href: seasonPage(season) },
          { page: "map", href: seasonPage(season, ["map"]) },
          { page: "work", href: seasonPage(season, ["work"]) },
        ];
  const all: Place[] = [
    { page: "seasons", href: address([""]) },
    ...inside,
    { page: "keys", href: address(["keys"], { season }) },
    { page: "help", href: address(["help"], { season }) },
  ];
  return all.filter((one) => exists(one.page));
}
