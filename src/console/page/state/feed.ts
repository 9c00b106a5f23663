/** The connection to the server: what it tells goes into the store, and a lost one is made anew. */
import { type ReadonlySignal, signal } from "@preact/signals"
import type { ServerMessage } from "../../messages.ts"

export type Connection = "connecting" | "open" | "lost"

/** Follows `/events`. The browser reconnects by itself, but not after an answer that is an error: that is done here. */
export const follow = (take: (message: ServerMessage) => void): ReadonlySignal<Connection> => {
  const connection = signal<Connection>("connecting")
  const connect = () => {
    const source = new EventSource("/events")
    source.addEventListener("message", ({ data }) => {
      connection.value = "open"
      take(JSON.parse(data as string) as ServerMessage)
    })
    source.addEventListener("error", () => {
      connection.value = "lost"
      if (source.readyState !== EventSource.CLOSED) return
      source.close()
      setTimeout(connect, 1_000)
    })
  }
  connect()
  return connection
}
