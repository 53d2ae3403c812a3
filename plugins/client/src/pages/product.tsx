/** A product: where it came from, what it was made of, its extraction, and why it stopped. */

import { seasonApi, seasonPage } from "../address.ts";
import type { ProductAnswer } from "../api.ts";
import { config } from "../config.ts";
import { Loaded, useAnswer } from "../parts/loaded.tsx";
import { Heading, Section } from "../parts/shell.tsx";
import { start } from "../start.tsx";
import { count, t, word } from "../texts/index.ts";
import { Extraction } from "./pass/extraction.tsx";
import { Facts } from "./pass/facts.tsx";
import { Footprints } from "./pass/footprints.tsx";
import { GapsOfPass } from "./pass/gaps.tsx";
import { Links, ProductLink } from "./pass/links.tsx";
import { Operate } from "./pass/operate.tsx";
import { QuickLook } from "./pass/quicklook.tsx";

function Product() {
  const season = config.season ?? "";
  const answer = useAnswer<ProductAnswer>(seasonApi(season, ["products", config.product ?? ""]));
  return <Loaded of={answer}>{(product) => <Shown season={season} product={product} />}</Loaded>;
}

function Shown({ season, product }: { season: string; product: ProductAnswer }) {
  return (
    <>
      <Heading title={product.product}>
        <p class="about">
          <span>{product.card ? word("card", product.card) : product.kind}</span>
          <span>{count("passage.records", product.records)}</span>
          <a href={seasonPage(season, ["passes", product.obsid])}>{t("passage.of_product")}</a>
        </p>
      </Heading>
      <Operate season={season} runs={product.runs} />
      <div class="with-side">
        <Section id="facts" title="passage.facts">
          <Facts season={season} scene={product} />
        </Section>
        <Section id="footprint" title="passage.footprint">
          <Footprints scenes={[product]} />
          {product.card && (
            <QuickLook season={season} obsid={product.obsid} name={product.product} />
          )}
        </Section>
      </div>
      <Section id="extraction" title="passage.extraction">
        <Extraction units={product.extraction} />
      </Section>
      <Section id="sources" title="passage.sources">
        <h3>{t("passage.made_of")}</h3>
        <Links season={season} links={product.sources} />
        <h3>{t("passage.made")}</h3>
        <Links season={season} links={product.made} />
        <h3>{t("passage.others")}</h3>
        {product.others_of_pass.length === 0 && <p class="empty">{t("passage.none")}</p>}
        <ul>
          {product.others_of_pass.map(({ obsid, product: name, status }) => (
            <li key={obsid}>
              <ProductLink season={season} obsid={obsid} name={name} /> ({word("status", status)})
            </li>
          ))}
        </ul>
      </Section>
      <GapsOfPass gaps={product.gaps} />
    </>
  );
}

start(Product);
