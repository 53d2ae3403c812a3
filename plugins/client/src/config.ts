/** What the server tells the page: it stands in a `<meta>` of the shell, as JSON. */

export type Right = "read" | "decide" | "operate";

export interface Config {
  /** The page's name, e.g. `season`. */
  page: string;
  /** The way from the page's address to the mount, e.g. `../../`: all addresses are relative to it. */
  root: string;
  /** Language for browsers that ask for none that there is. */
  language: string | null;
  /** Where a reader logs in again; null where the host has no such address. */
  login: string | null;
  /** Name of the reader; null if nobody is logged in. */
  user: string | null;
  rights: Right[];
  can_operate: boolean;
  /** Parts of the address, as the server has read them. */
  season: string | null;
  pid: string | null;
  acquisition: string | null;
  product: string | null;
  /** Of the page that says what went wrong. */
  status: number | null;
  detail: string | null;
}

const UNTOLD: Config = {
  page: "failure",
  root: "./",
  language: null,
  login: null,
  user: null,
  rights: [],
  can_operate: false,
  season: null,
  pid: null,
  acquisition: null,
  product: null,
  status: null,
  detail: null,
};

export function parseConfig(content: string | null | undefined): Config {
  return { ...UNTOLD, ...(content ? JSON.parse(content) : {}) };
}

export const config: Config = parseConfig(
  globalThis.document?.querySelector<HTMLMetaElement>('meta[name="cbm"]')?.content,
);
