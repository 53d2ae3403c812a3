/** A product as a small picture; where there is none, the server's reason. */

import { useState } from "preact/hooks";
import { seasonApi } from "../../address.ts";
import { type ApiError, ask, known } from "../../fetch.ts";
import { Said } from "../../parts/loaded.tsx";
import { t } from "../../texts/index.ts";

export function QuickLook(props: { season: string; obsid: number; name: string }) {
  const { name } = props;
  const [error, fail] = useState<ApiError | null>(null);
  const url = seasonApi(props.season, ["products", props.obsid, "quicklook"]);
  // A picture does not tell why it did not come.
  const why = (): void => {
    ask(url).catch((failure: unknown) => fail(known(failure)));
  };
  return (
    <figure class="look">
      {error ? (
        <p class="empty">
          {t("passage.look.none")}
          {error.said && <Said text={error.said} />}
        </p>
      ) : (
        <img src={url} alt={t("passage.look.of", { name })} loading="lazy" onError={why} />
      )}
      <figcaption>{name}</figcaption>
    </figure>
  );
}
