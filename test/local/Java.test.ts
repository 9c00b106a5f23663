import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, FileSystem, Path } from "effect"
import * as Java from "../../src/local/Java.ts"

const inEnvironment = (env: Record<string, string>) =>
  Effect.provide(ConfigProvider.layer(ConfigProvider.fromEnv({ env })))

/** A home with a `java` that tells its version, in a release file or only when run. */
const home = Effect.fnUntraced(function* (version: string, told: "release" | "run") {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const home = yield* Effect.flatMap(fs.makeTempDirectoryScoped(), fs.realPath)
  yield* fs.makeDirectory(path.join(home, "bin"))
  const script =
    told === "run" ? `#!/bin/sh\necho 'openjdk version "${version}" 2025-04-15' >&2\n` : "#!/bin/sh\nexit 1\n"
  yield* fs.writeFileString(path.join(home, "bin", "java"), script, { mode: 0o755 })
  if (told === "release") yield* fs.writeFileString(path.join(home, "release"), `A="b"\nJAVA_VERSION="${version}"\n`)
  return home
})

describe.skipIf(process.platform === "win32")("find", () => {
  it.live("puts JAVA_HOME before PATH, and each installation once", () =>
    Effect.gen(function* () {
      const path = yield* Path.Path
      const first = yield* home("21.0.2", "release")
      const second = yield* home("1.8.0_402", "run")
      const folders = [second, first].map((home) => path.join(home, "bin")).join(":")
      const found = yield* Java.find.pipe(inEnvironment({ JAVA_HOME: first, PATH: folders }))
      assert.deepStrictEqual(
        found.slice(0, 2).map((java) => [java.home, java.major]),
        [
          [first, 21],
          [second, 8]
        ]
      )
      assert.strictEqual(new Set(found.map((java) => java.home)).size, found.length)
    }).pipe(Effect.provide(NodeServices.layer))
  )

  it.live("leaves out what cannot tell its version", () =>
    Effect.gen(function* () {
      const broken = yield* home("none", "run")
      const found = yield* Java.find.pipe(inEnvironment({ JAVA_HOME: broken }))
      assert.isFalse(found.some((java) => java.home === broken))
    }).pipe(Effect.provide(NodeServices.layer))
  )
})

describe("atLeast", () => {
  const java = (major: number): Java.Java => ({ home: `/java/${major}`, command: `/java/${major}/bin/java`, major })

  it("takes the first that is new enough, not the newest", () => {
    assert.strictEqual(Java.atLeast([java(8), java(17), java(25)], 17)?.major, 17)
    assert.strictEqual(Java.atLeast([java(25), java(17)], 17)?.major, 25)
    assert.isUndefined(Java.atLeast([java(17)], 21))
  })
})

describe("majorVersion", () => {
  it.each([
    ['JAVA_VERSION="17.0.15"', 17],
    ['IMPLEMENTOR="x"\nJAVA_VERSION="25"\n', 25],
    ['JAVA_VERSION="1.8.0_402"', 8],
    ['openjdk version "21.0.2" 2024-01-16\nOpenJDK Runtime', 21],
    ['java version "1.8.0_291"', 8],
    ["The operation couldn't be completed.", undefined],
    ["", undefined]
  ])("%j is %j", (text, major) => {
    assert.strictEqual(Java.majorVersion(text), major)
  })
})
