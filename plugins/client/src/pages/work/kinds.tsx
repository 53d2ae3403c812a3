/** Why something is on the list, each with how much of it is left: the first choice to make. */

import { seasonApi, seasonPage } from "../../address.ts";
import type { Rows, WorkGroup } from "../../api.ts";
import { type Grouping, KINDS, type Kind, type List, listQuery, shownQuery } from "../../list.ts";
import { KindSign } from "../../parts/kind.tsx";
import { useAnswer } from "../../parts/loaded.tsx";
import { num, t } from "../../texts/index.ts";

export function Kinds(props: { season: string; list: List; by: Grouping | null }) {
  const { season, list, by } = props;
  const query = { ...shownQuery({ ...list, kind: [] }), by: "kind" };
  const counts = useAnswer<Rows<WorkGroup>>(seasonApi(season, ["work", "groups"], query));
  const href = (kind: Kind[]): string =>
    seasonPage(season, ["work"], { ...listQuery({ ...list, kind, after: null }), by });
  const all = list.kind.length === 0;
  return (
    <nav class="tabs" aria-label={t("work.kinds")}>
      <a href={href([])} aria-current={all ? "page" : undefined}>
        {t("work.everything")}
      </a>
      {KINDS.map((kind) => {
        const here = list.kind.includes(kind);
        const count = counts.data?.rows.find((one) => one.name === kind);
        return (
          <a key={kind} href={href([kind])} aria-current={here ? "page" : undefined}>
            <KindSign kind={kind} />
            {t(`work.kind.${kind}`)}
            {counts.data && (
              <small>
                {t("work.left_of", { left: num(count?.left ?? 0), all: num(count?.items ?? 0) })}
              </small>
            )}
          </a>
        );
      })}
    </nav>
  );
}
