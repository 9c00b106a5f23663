/** Every environment variable that the package reads is in the README. */
import { assert, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import * as tidy from "./tidy/rules.ts"

it("each variable that is read is documented", () => {
  const readme = readFileSync("README.md", "utf8")
  const names = tidy
    .read("src")
    .filter(({ path }) => !path.startsWith("src/local/"))
    .flatMap(({ text }) => [...text.matchAll(/"((?:[A-Z]+_)+[A-Z0-9]+|TZ|TERM|COLUMNS)"/g)].map(([, name]) => name!))
    .filter((name) =>
      /^(AWS|OPENSEARCH|DYNAMODB|DEAD_LETTER|TABLEFOLD)_|^OTEL_EXPORTER_OTLP_ENDPOINT$|^(TZ|TERM|COLUMNS|NO_COLOR|FORCE_COLOR)$/.test(
        name
      )
    )
  assert.isAbove(new Set(names).size, 15)
  const missing = [...new Set(names)].filter((name) => !readme.includes(`\`${name}\``))
  assert.deepStrictEqual(missing, [])
})
