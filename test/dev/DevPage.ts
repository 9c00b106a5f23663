/** `tablefold dev` as a process, and a page of it without a browser: what it was told, and what it asks for. */
import { spawn } from "node:child_process"
import { mkdtemp, symlink } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { vi } from "vitest"
import type * as messages from "../../src/console/messages.ts"
import type * as requests from "../../src/console/requests.ts"

const entry = resolve(import.meta.dirname, "../../src/cli/tablefold.ts")

const hidden = /^(AWS_|OPENSEARCH_|DYNAMODB_|TABLEFOLD_|NO_COLOR|FORCE_COLOR)/

export interface Dev {
  readonly address: string
  readonly printed: () => string
  readonly end: () => Promise<number | null>
}

/** A folder in which definitions find their packages. */
export const makeFolder = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), "tablefold-dev-"))
  await symlink(resolve(import.meta.dirname, "../../node_modules"), join(folder, "node_modules"))
  return folder
}

/** Starts it in a folder. */
export const start = async (cwd: string, args: ReadonlyArray<string>, env = {}): Promise<Dev> => {
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !hidden.test(name)))
  const child = spawn(process.execPath, [entry, "dev", "--http", "127.0.0.1:0", ...args], {
    cwd,
    env: { ...inherited, ...env },
    stdio: ["ignore", "pipe", "pipe"]
  })
  let text = ""
  child.stdout.on("data", (part) => (text += part))
  child.stderr.on("data", (part) => (text += part))
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve))
  const early = ended.then(() => {
    throw new Error(`it ended:\n${text}`)
  })
  const said = vi.waitFor(
    () => {
      const [, found] = /Look at (\S+)/.exec(text) ?? []
      if (found === undefined) throw new Error(`it does not say its address:\n${text}`)
      return found
    },
    { timeout: 100_000, interval: 50 }
  )
  const address = await Promise.race([said, early])
  early.catch(() => {})
  return { address, printed: () => text, end: () => (child.kill("SIGINT"), ended) }
}

/** The page as `Hello` begins it, kept up by the events. */
export class DevPage {
  hello: messages.Hello | undefined
  definition: messages.Definition | undefined
  state: messages.State | undefined
  readonly rows = new Map<string, messages.Row>()
  readonly documents = new Map<string, messages.Document>()
  readonly changes = new Map<number, messages.Change>()
  readonly notices: Array<string> = []
  private readonly address: string
  private readonly stopped = new AbortController()

  constructor(address: string) {
    this.address = address
  }

  /** Opens the page, and waits until the stream is followed. */
  static async open(address: string): Promise<DevPage> {
    const page = new DevPage(address)
    page.read().catch(() => {})
    await page.until(() => page.state?.isUpToDate === true)
    return page
  }

  close(): void {
    this.stopped.abort()
  }

  until(isSo: () => boolean, timeout = 30_000): Promise<void> {
    const look = () => {
      if (!isSo()) throw new Error(`${isSo} is not so: ${JSON.stringify(this.state)} ${this.notices.join("; ")}`)
    }
    return vi.waitFor(look, { timeout, interval: 20 })
  }

  /** The document of an aggregate as readers see it; `undefined` where they see none. */
  document(aggregate: string, id: string): { readonly [field: string]: unknown } | undefined {
    const found = this.documents.get(`${aggregate}/${id}`)
    return (found?.isThere === true ? found.document : undefined) as { readonly [field: string]: unknown } | undefined
  }

  async edit(request: requests.EditRequest): Promise<requests.EditAnswer> {
    return this.ask("edit", request)
  }

  async ask<A>(path: string, request: object): Promise<A> {
    const response = await fetch(`${this.address}/api/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-tablefold-token": this.hello?.token ?? "" },
      body: JSON.stringify(request)
    })
    const answer = (await response.json()) as A & { readonly error?: string }
    if (response.status !== 200) throw new Error(answer.error)
    return answer
  }

  prove(): Promise<requests.ProveAnswer> {
    return this.ask("prove", {})
  }

  private async read(): Promise<void> {
    const response = await fetch(`${this.address}/events`, { signal: this.stopped.signal })
    let text = ""
    for await (const part of response.body!.pipeThrough(new TextDecoderStream())) {
      const frames = (text + part).split("\n\n")
      text = frames.pop()!
      for (const frame of frames) {
        if (frame.startsWith("data: ")) this.take(JSON.parse(frame.slice(6)) as messages.ServerMessage)
      }
    }
  }

  private take(message: messages.ServerMessage): void {
    if (message._tag === "Hello") this.hello = message
    if (message._tag === "Definition") this.definition = message
    if (message._tag === "State") this.state = message
    if (message._tag === "Notice") this.notices.push(message.text)
    if (message._tag === "Changes") for (const change of message.changes) this.changes.set(change.number, change)
    if (message._tag === "Rows") {
      if (message.isFirst) this.rows.clear()
      for (const row of message.rows) this.rows.set(row.row, row)
      for (const row of message.removed) this.rows.delete(row)
    }
    if (message._tag === "Documents") {
      if (message.isFirst) this.documents.clear()
      for (const document of message.documents) this.documents.set(`${document.aggregate}/${document.id}`, document)
    }
  }
}

/** A definition as its file has it: orders with their items, and what else is said of them. */
export const orders = (fields = "", more = ""): string => `
import { Schema } from "effect"
import { Aggregate, Mapping, Table } from ${JSON.stringify(join(entry, "../../index.ts"))}
import { Item } from "./item.ts"

export const Order = Aggregate.make("orders", {
  key: "ORDER#{orderId}",
  root: Aggregate.root("DETAILS", { status: Schema.String, ${fields} }),
  parts: { items: Aggregate.many("ITEM#{n}", Item) },
  ${more}
})
export const table = Table.make({ partitionKey: "PK", sortKey: "SK", aggregates: [Order] })
`

export const item = (fields = ""): string => `
import { Schema } from "effect"
export const Item = { product: Schema.String, quantity: Schema.Int, ${fields} }
`
