/** Each part of a document is traced to the row that made it. */
import { assert, it } from "@effect/vitest"
import { originOf, origins } from "../../../../src/console/page/model/trace.ts"

const document = {
  orderId: "1",
  status: "paid",
  items: [
    { n: 1, name: "tea", notes: [{ text: "hot" }] },
    { n: 2, name: "cup", notes: [{ text: "blue" }, { text: "hot" }] }
  ],
  shipment: { carrier: "ACME" }
}
const found = origins(document, [
  { row: "root", field: "", json: JSON.stringify({ orderId: "1", status: "paid" }) },
  { row: "cup", field: "items", json: JSON.stringify({ name: "cup", n: 2 }) },
  { row: "tea", field: "items", json: JSON.stringify({ name: "tea", n: 1 }) },
  { row: "hot of tea", field: "items.notes", json: JSON.stringify({ text: "hot" }) },
  { row: "blue", field: "items.notes", json: JSON.stringify({ text: "blue" }) },
  { row: "hot of cup", field: "items.notes", json: JSON.stringify({ text: "hot" }) },
  { row: "shipment", field: "shipment", json: undefined },
  { row: "gone", field: "items", json: JSON.stringify({ name: "pot", n: 3 }) }
])

it.each([
  ["status", "root"],
  ["", "root"],
  ["items", "root"],
  ["items.0", "tea"],
  ["items.1.name", "cup"],
  ["items.0.notes.0.text", "hot of tea"],
  ["items.1.notes.0", "blue"],
  ["items.1.notes.1", "hot of cup"],
  ["items.1.notes", "cup"],
  ["shipment.carrier", "shipment"]
])("%s is of the row %s", (path, row) => assert.strictEqual(originOf(found, path), row))

it("a row whose values show nowhere made nothing", () => assert.notInclude([...found.values()], "gone"))
