/** Rows that the API hands out page by page, and are kept together. */

import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { Rows } from "../api.ts";
import { type ApiError, ask, known } from "../fetch.ts";

export interface Pages<Row, Page> {
  /** All rows there are so far; null until the first page has come. */
  rows: readonly Row[] | null;
  /** The newest page. */
  page: Page | null;
  /** What the address of each page was made with. */
  keys: readonly (string | null)[];
  next: string | null;
  error: ApiError | null;
  /** Ask for the next page, or once more for one that did not come. */
  more: () => void;
}

/** Ask for the first page; `url` makes the address of the page after a row. */
export function usePages<Row, Page extends Rows<Row> = Rows<Row>>(
  url: (after: string | null) => string,
): Pages<Row, Page> {
  const first = url(null);
  const [rows, setRows] = useState<Row[] | null>(null);
  const [page, setPage] = useState<Page | null>(null);
  const [keys, setKeys] = useState<(string | null)[]>([]);
  const [error, setError] = useState<ApiError | null>(null);
  const running = useRef<AbortController | null>(null);

  const load = useCallback((address: string, before: Row[], start: string | null) => {
    running.current?.abort();
    const stop = new AbortController();
    running.current = stop;
    setError(null);
    ask<Page>(address, stop.signal).then(
      (came) => {
        setRows([...before, ...came.rows]);
        setPage(came);
        setKeys((known) => (start === null ? [null] : [...known, start]));
      },
      (failure: unknown) => {
        if (!stop.signal.aborted) setError(known(failure));
      },
    );
  }, []);
  useEffect(() => {
    setRows(null);
    setPage(null);
    load(first, [], null);
    return () => running.current?.abort();
  }, [first, load]);

  const next = page?.next ?? null;
  const more = (): void => load(next === null ? first : url(next), rows ?? [], next);
  return { rows, page, keys, next, error, more };
}
