/** Names in addresses: as the server reads them, whatever letters they have. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { segment } from "../src/address.ts";
import names from "./fixtures/names.json" with { type: "json" };

test("a name is one segment, which a browser leaves as it is", () => {
  for (const [name, written] of names as [string, string][]) {
    assert.equal(segment(name), written);
    assert.equal(new URL(`http://host/parcels/${written}/series`).pathname.split("/").length, 4);
  }
});
