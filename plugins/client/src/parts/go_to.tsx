/** The way to a parcel by its identifier, from every page of a season. */

import { useRef } from "preact/hooks";
import { seasonPage } from "../address.ts";
import { t } from "../texts/index.ts";
import { useShortcuts } from "./keyboard.ts";

export function GoTo({ season }: { season: string }) {
  const field = useRef<HTMLInputElement>(null);
  useShortcuts({ "/": () => field.current?.focus() });
  return (
    <form
      class="go-to"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        const pid = field.current?.value.trim();
        if (pid) location.assign(seasonPage(season, ["parcels", pid]));
      }}
    >
      <input
        ref={field}
        size={14}
        maxLength={1000}
        autocomplete="off"
        aria-label={t("app.go_to")}
        placeholder={t("app.go_to")}
        title={t("app.go_to.means")}
      />
    </form>
  );
}
