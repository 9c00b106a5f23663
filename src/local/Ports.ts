/** Ports of this machine nobody listens on. Free when asked: another may take one before its server does. */
import { Effect, Random } from "effect"
import { createServer } from "node:net"

/** Listens for a moment. Port 0 lets the system choose; gives the port, or nothing where it is taken. */
const listen = (port: number, host?: string) =>
  Effect.callback<number | undefined>((resume) => {
    const server = createServer()
    server.once("error", () => resume(Effect.succeed(undefined)))
    server.listen({ port, host, exclusive: true }, () => {
      const address = server.address()
      const chosen = typeof address === "object" && address !== null ? address.port : undefined
      server.close(() => resume(Effect.succeed(chosen)))
    })
  })

/** Both are asked, for a listener on one address leaves the other free on some systems. */
export const isFree = Effect.fnUntraced(function* (port: number) {
  return (yield* listen(port)) !== undefined && (yield* listen(port, "127.0.0.1")) !== undefined
})

/** Any free port, as the system gives them out. */
export const any = listen(0)

/** A free port from `first` to `last`, tried in random order so that two who ask at once seldom meet. */
export const within = Effect.fnUntraced(function* (first: number, last: number) {
  const ports = Array.from({ length: last - first + 1 }, (_, index) => first + index)
  for (const port of yield* Random.shuffle(ports)) {
    if (yield* isFree(port)) return port
  }
  return undefined
})
