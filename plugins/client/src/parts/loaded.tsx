/** Answers of the API on their way: loading, there, failed; and what each looks like. */

import type { ComponentChildren } from "preact";
import { useCallback, useEffect, useState } from "preact/hooks";
import { address } from "../address.ts";
import { config } from "../config.ts";
import { type ApiError, ask, known } from "../fetch.ts";
import { t } from "../texts/index.ts";

export interface Answer<T> {
  /** The newest answer there is, kept while a newer one is asked for. */
  data: T | null;
  error: ApiError | null;
  again: () => void;
}

/** Ask for an answer, and again whenever the address changes or `again` is called. */
export function useAnswer<T>(url: string | null): Answer<T> {
  const [state, set] = useState<{ url: string | null; data: T | null; error: ApiError | null }>({
    url: null,
    data: null,
    error: null,
  });
  const [round, next] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another round asks once more
  useEffect(() => {
    if (url === null) return;
    const stop = new AbortController();
    ask<T>(url, stop.signal).then(
      (data) => set({ url, data, error: null }),
      (error: unknown) => {
        if (stop.signal.aborted) return;
        const data = (before: { url: string | null; data: T | null }): T | null =>
          before.url === url ? before.data : null;
        set((before) => ({ url, data: data(before), error: known(error) }));
      },
    );
    return () => stop.abort();
  }, [url, round]);
  const again = useCallback(() => next((now) => now + 1), []);
  const current = state.url === url;
  return { data: state.data, error: current ? state.error : null, again };
}

/** Ask again from time to time, as long as someone looks at the page. */
export function useRefresh(again: () => void, seconds: number | null): void {
  useEffect(() => {
    if (seconds === null) return;
    const timer = setInterval(() => {
      if (!document.hidden) again();
    }, seconds * 1000);
    return () => clearInterval(timer);
  }, [again, seconds]);
}

/** Show an answer once it is there; until then, or instead, what happened to it. */
export function Loaded<T>(props: { of: Answer<T>; children: (data: T) => ComponentChildren }) {
  const { data, error, again } = props.of;
  if (data === null) return error ? <Failed error={error} again={again} /> : <Loading />;
  return (
    <>
      {error && <Failed error={error} again={again} stale />}
      {props.children(data)}
    </>
  );
}

export function Loading() {
  return (
    <p class="loading" role="status">
      {t("load.loading")}
    </p>
  );
}

/** Nothing to show, and that is right so. */
export function Empty({ children }: { children: ComponentChildren }) {
  return <p class="empty">{children}</p>;
}

/** What the server says, in English. A name that its sentence begins with keeps its letters. */
export function Said({ text }: { text: string }) {
  return (
    <span lang="en" class={text.includes(": ") ? "named" : "sentence"}>
      {text}
    </span>
  );
}

/** What went wrong, and what the reader can do about it. */
export function Failed(props: {
  error: ApiError;
  again?: (() => void) | undefined;
  stale?: boolean;
  /** Whether it is all that the page shows. */
  alone?: boolean;
}) {
  const { trouble, said, hint } = props.error;
  const Title = props.alone ? "h1" : "h2";
  return (
    <div class="trouble" role="alert">
      <Title>{t(`trouble.${trouble}`)}</Title>
      {props.stale && <p>{t("load.stale")}</p>}
      {said && trouble !== "login" && (
        <p>
          <Said text={hint ? `${said}; ${hint}` : said} />
        </p>
      )}
      <p>{t(`trouble.${trouble}.hint`)}</p>
      {trouble === "login" && <LogIn />}
      {trouble === "missing" && <a href={address([""])}>{t("trouble.missing.link")}</a>}
      {props.again && (trouble === "busy" || trouble === "away" || trouble === "broken") && (
        <button type="button" onClick={props.again}>
          {t("load.again")}
        </button>
      )}
    </div>
  );
}

/** The way back to a login. In Airflow's frame it opens in the frame: a page may not leave it. */
function LogIn() {
  if (config.login === null) return <p>{t("trouble.login.desk")}</p>;
  const back = new URL(config.login, document.baseURI);
  back.searchParams.set("next", location.href);
  return <a href={back.href}>{t("trouble.login.link")}</a>;
}
