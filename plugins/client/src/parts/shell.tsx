/** What is around every page: name, season, navigation, language, user. */

import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { address } from "../address.ts";
import { config } from "../config.ts";
import { places } from "../pages.ts";
import { type Key, others, speak, t } from "../texts/index.ts";
import { GoTo } from "./go_to.tsx";

/** The season of the page, or that from which the reader came to the help. */
export const season = config.season ?? new URLSearchParams(location.search).get("season");

/** Fields seen from above, one of them in question. */
export const ICON = address(["static", "icon.svg"]);

export function Shell({ children }: { children: ComponentChildren }) {
  return (
    <>
      <a class="skip" href="#content">
        {t("app.skip")}
      </a>
      <header class="top">
        <div class="brand">
          <img class="mark" src={ICON} alt="" />
          <span class="name">{t("app.name")}</span>
          {season && <span class="season">{season}</span>}
        </div>
        <nav aria-label={t("app.pages")}>
          {places(season).map(({ page, href }) => (
            <a key={page} href={href} aria-current={page === config.page ? "page" : undefined}>
              {t(`page.${page}`)}
            </a>
          ))}
        </nav>
        <div class="reader">
          {/* The map has its own search, which shows where a parcel lies. */}
          {season && config.page !== "map" && <GoTo season={season} />}
          {others().map(({ code, name }) => (
            <button key={code} type="button" class="plain" lang={code} onClick={() => speak(code)}>
              {name}
            </button>
          ))}
          {config.user && (
            <span class="user" title={t("app.user", { name: config.user })}>
              {config.user}
            </span>
          )}
        </div>
      </header>
      <main id="content" tabIndex={-1}>
        {children}
      </main>
    </>
  );
}

/** The heading of a page, which is also the title of its window. */
export function Heading({ title, children }: { title: string; children?: ComponentChildren }) {
  useEffect(() => {
    document.title = `${title} · ${t("app.name")}`;
  }, [title]);
  return (
    <div class="heading">
      <h1>{title}</h1>
      {children}
    </div>
  );
}

/** A part of a page with a heading. */
export function Section(props: {
  id: string;
  title: Key;
  hint?: Key | undefined;
  aside?: ComponentChildren;
  children: ComponentChildren;
}) {
  return (
    <section id={props.id} aria-labelledby={`${props.id}-title`}>
      <div class="section-head">
        <h2 id={`${props.id}-title`}>{t(props.title)}</h2>
        {props.aside}
      </div>
      {props.hint && <p class="hint">{t(props.hint)}</p>}
      {props.children}
    </section>
  );
}
