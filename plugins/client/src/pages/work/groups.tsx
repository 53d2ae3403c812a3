/** The list by holding, crop, tile ...: how much of each is left; a name leads to its items. */

import { seasonApi } from "../../address.ts";
import type { WorkGroup } from "../../api.ts";
import { type Grouping, inGroup, type List, shownQuery, workPage } from "../../list.ts";
import { Section } from "../../parts/shell.tsx";
import { PagedTable } from "../../parts/table.tsx";
import { t } from "../../texts/index.ts";

export function Groups(props: { season: string; list: List; by: Grouping }) {
  const { season, list, by } = props;
  const query = { ...shownQuery(list), by };
  return (
    <Section id="groups" title={`work.group.${by}`}>
      <PagedTable<WorkGroup>
        caption={t(`work.group.${by}`)}
        id={(row) => row.name ?? ""}
        url={(after) => seasonApi(season, ["work", "groups"], { ...query, after })}
        csv={seasonApi(season, ["work", "groups"], { ...query, format: "csv" })}
        columns={[
          {
            name: "name",
            title: t(`work.${by}`),
            value: (row) => row.name,
            show: ({ name }) => (
              <a href={workPage(season, inGroup(list, by, name))}>
                {name ?? t(by === "assignee" ? "work.assignee.nobody" : "work.without")}
              </a>
            ),
          },
          { name: "left", title: t("work.left"), value: (row) => row.left },
          { name: "items", title: t("work.items"), value: (row) => row.items },
          { name: "area", title: t("work.area"), value: (row) => row.area_ha },
          {
            name: "wrong",
            title: t("work.expected"),
            value: (row) => row.expected_wrong_left,
          },
        ]}
      />
    </Section>
  );
}
