/** A `mvn` of our own stands on PATH: it shows how often it was called, and stops where the test wants. */
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Fiber, FileSystem, Path, Schedule } from "effect"
import * as Maven from "../../src/local/Maven.ts"

const jars: Maven.Jars = {
  title: "Some Server",
  name: "some-server",
  version: "1.2",
  dependencies: [{ group: "org.example", artifact: "server", version: "1.2" }]
}
const java = { home: "/java", command: "/java/bin/java", major: 17 }

/** Runs with a cache of its own and this script as Maven; gives the cache's folder to the test. */
const withMaven = <A, E, R>(
  script: string | undefined,
  test: (at: { cache: string; calls: string }) => Effect.Effect<A, E, R>
) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const root = yield* fs.makeTempDirectoryScoped()
    const calls = path.join(root, "calls")
    yield* fs.writeFileString(calls, "")
    if (script !== undefined) {
      const text = `#!/bin/sh\nPATH=/usr/bin:/bin\necho "$JAVA_HOME $*" >> ${calls}\n${script}\n`
      yield* fs.writeFileString(path.join(root, "mvn"), text, { mode: 0o755 })
    }
    const env = { XDG_CACHE_HOME: root, PATH: root }
    const provider = ConfigProvider.layer(ConfigProvider.fromEnv({ env }))
    return yield* test({ cache: path.join(root, "tablefold", "servers"), calls }).pipe(Effect.provide(provider))
  }).pipe(Effect.provide(NodeServices.layer))

const works = "mkdir jars && cp pom.xml jars/server.jar"

describe.skipIf(process.platform === "win32")("fetch", () => {
  it.live("calls Maven once, and never again", () =>
    withMaven(works, ({ cache, calls }) =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        assert.isFalse(yield* Maven.isFetched(jars))
        const folder = yield* Maven.fetch(jars, java)
        assert.strictEqual(folder, `${cache}/some-server-1.2`)
        assert.strictEqual(yield* Maven.fetch(jars, java), folder)
        const called = "/java -B -q dependency:copy-dependencies -DoutputDirectory=jars\n"
        assert.strictEqual(yield* fs.readFileString(calls), called)
        assert.deepStrictEqual(yield* fs.readDirectory(cache), ["some-server-1.2"])
        const pom = yield* fs.readFileString(`${folder}/server.jar`)
        assert.include(pom, "<artifactId>server</artifactId><version>1.2</version></dependency>")
      })
    )
  )

  it.live("unpacks what comes as a zip among the jars", () =>
    withMaven("mkdir -p jars && touch jars/$$.jar && cp pom.xml jars/pom", ({ calls }) =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const plugin = { group: "org.example", artifact: "plugin", version: "3", type: "zip" } as const
        const folder = yield* Maven.fetch({ ...jars, dependencies: [...jars.dependencies, plugin] }, java)
        assert.strictEqual(
          yield* fs.readFileString(calls),
          "/java -B -q dependency:copy-dependencies -DexcludeTypes=zip -DoutputDirectory=jars\n" +
            "/java -B -q dependency:unpack-dependencies -DincludeTypes=zip -DoutputDirectory=jars\n"
        )
        assert.include(yield* fs.readFileString(`${folder}/pom`), "<version>3</version><type>zip</type></dependency>")
      })
    )
  )

  it.live("fetches a jar that has all it needs alone", () =>
    withMaven(works, () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const whole = { group: "org.example", artifact: "whole", version: "4", classifier: "exec" } as const
        const folder = yield* Maven.fetch({ ...jars, dependencies: [whole] }, java)
        assert.include(
          yield* fs.readFileString(`${folder}/server.jar`),
          "<version>4</version><classifier>exec</classifier><exclusions><exclusion><groupId>*</groupId>"
        )
      })
    )
  )

  it.live("leaves nothing when it is interrupted", () =>
    withMaven("mkdir jars && touch jars/half.jar && sleep 60", ({ cache }) =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const fetching = yield* Effect.forkChild(Maven.fetch(jars, java))
        const names = Effect.orElseSucceed(fs.readDirectory(cache, { recursive: true }), () => [])
        yield* names.pipe(
          Effect.filterOrFail((names) => names.some((name) => name.endsWith("half.jar"))),
          Effect.retry(Schedule.spaced("10 millis"))
        )
        assert.isFalse(yield* Maven.isFetched(jars))
        yield* Fiber.interrupt(fetching)
        assert.deepStrictEqual(yield* names, [])
      })
    )
  )

  it.live("keeps the first's folder where another process was quicker", () =>
    withMaven(`${works} && mkdir ../some-server-1.2 && touch ../some-server-1.2/first.jar`, ({ cache }) =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const folder = yield* Maven.fetch(jars, java)
        assert.deepStrictEqual(yield* fs.readDirectory(folder), ["first.jar"])
        assert.deepStrictEqual(yield* fs.readDirectory(cache), ["some-server-1.2"])
      })
    )
  )

  it.live("says what Maven said, and keeps nothing", () =>
    withMaven("mkdir jars && touch jars/half.jar && echo '[ERROR] no such artifact' && exit 1", ({ cache }) =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const error = yield* Effect.flip(Maven.fetch(jars, java))
        assert.strictEqual(
          error.message,
          "Maven could not fetch Some Server 1.2 (exit 1); check the network and Maven's settings.xml, then start " +
            "again. It said: [ERROR] no such artifact"
        )
        assert.deepStrictEqual(yield* fs.readDirectory(cache), [])
      })
    )
  )

  it.live("names Maven where it is missing", () =>
    withMaven(undefined, ({ cache }) =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(Maven.fetch(jars, java))
        assert.strictEqual(error._tag, "ServersMissing")
        assert.strictEqual(
          error.message,
          `Some Server 1.2 is not in ${cache}/some-server-1.2 and Maven (mvn) is not on PATH: install Maven`
        )
      })
    )
  )
})
