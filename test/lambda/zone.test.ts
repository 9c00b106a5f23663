/** A function that runs in another zone than UTC is warned of, once: its transforms may read times otherwise there. */
import { assert, it } from "@effect/vitest"
import { logged } from "./logged.ts"
import { table } from "../../src/example/table.ts"
import * as Lambda from "../../src/lambda/Lambda.ts"
import { layerMemory } from "../../src/sink/Sink.ts"
import { inZoneAsync } from "../whole/zones.ts"

const lines = logged()

/** The warnings of two invocations of one container. */
const warnings = (zone: string) =>
  inZoneAsync(zone, async () => {
    const handler = Lambda.make(table, { layer: layerMemory })
    await handler({ Records: [] })
    await handler({ Records: [] })
    return lines().filter((line) => line.includes("time zone"))
  })

it.each(["UTC", ":UTC", "Etc/UTC", "GMT", "Etc/Zulu", ""])("%j is UTC", async (zone) =>
  assert.deepStrictEqual(await warnings(zone), [])
)

it.each(["Asia/Tokyo", ":America/St_Johns", "Europe/London", "Atlantic/Azores"])("%j is another", async (zone) => {
  const [warning, ...others] = await warnings(zone)
  assert.deepStrictEqual(others, [])
  const { level, message } = JSON.parse(warning!)
  assert.match(level, /^warn/i)
  assert.include(String(message), zone.replace(":", ""))
  assert.include(String(message), "TZ")
})
