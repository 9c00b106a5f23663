import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { createServer } from "node:net"
import * as Ports from "../../src/local/Ports.ts"

/** Listens on this address until the test ends; gives the port. */
const listener = (host: string) =>
  Effect.acquireRelease(
    Effect.callback<{ readonly port: number; readonly close: () => void }>((resume) => {
      const server = createServer().listen(0, host, () => {
        const address = server.address()
        if (address === null || typeof address === "string") throw new Error("a port was asked for")
        resume(Effect.succeed({ port: address.port, close: () => server.close() }))
      })
    }),
    ({ close }) => Effect.sync(close)
  )

for (const host of ["127.0.0.1", "0.0.0.0"]) {
  it.live(`a port listened on at ${host} is not free`, () =>
    Effect.gen(function* () {
      const { port } = yield* listener(host)
      assert.isFalse(yield* Ports.isFree(port))
      assert.isUndefined(yield* Ports.within(port, port))
    })
  )
}

it.live("any gives a port that is free, and within keeps to its bounds", () =>
  Effect.gen(function* () {
    const port = yield* Ports.any
    assert.isTrue(port !== undefined && (yield* Ports.isFree(port)))
    const other = yield* Ports.within(9201, 9299)
    assert.isTrue(other !== undefined && other >= 9201 && other <= 9299)
  })
)
