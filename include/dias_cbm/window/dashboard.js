// A line for each season on Airflow's dashboard. Airflow loads this module and gives it React.
const { createElement: h, useEffect, useState } = globalThis.React;
const base = new URL("./", import.meta.url);

function Seasons() {
  const [rows, setRows] = useState(null);
  useEffect(() => {
    fetch(new URL("api/v1/seasons", base), { headers: { Accept: "application/json" } })
      .then((reply) => (reply.ok ? reply.json() : { rows: [] }))
      .then((found) => setRows(found.rows))
      .catch(() => setRows([]));
  }, []);
  // Whoever may not read, or has no season, sees nothing.
  if (!rows || rows.length === 0) return null;
  return h(
    "section",
    { "aria-label": "CbM seasons" },
    rows.map((row) =>
      h("p", { key: row.name }, h("a", { href: new URL(`seasons/${encodeURIComponent(row.name)}`, base).href }, row.line)),
    ),
  );
}

globalThis["CbM seasons"] = Seasons;
globalThis.AirflowPlugin = Seasons;
