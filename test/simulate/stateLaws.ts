/**
 * What holds of every write to a generation's state, whoever races with whom: nothing that was noted is forgotten, and
 * a mark goes only by a verification that began after it was set.
 */
import type { State } from "../../src/sink/opensearch/State.ts"
import { isBulk, isState } from "./requests.ts"
import type { Index } from "./SimulatedIndex.ts"
import type { SimulatedOpenSearch } from "./SimulatedOpenSearch.ts"
import { stateIn } from "./state.ts"

export class StateLaws {
  readonly problems: Array<string> = []
  /** How many marks a generation had when its newest verification began, by its index's identity. */
  readonly begun = new Map<string, number>()
  private readonly acceptedAt = new Map<string, number>()
  private readonly superseded = new Map<string, number>()
  private readonly made = new Map<string, number>()
  private readonly incomplete = new Map<string, Array<{ readonly from: number; until: number }>>()

  /** Looks at each write of a state from now on. */
  constructor(server: SimulatedOpenSearch, now: () => number) {
    const handle = server.handle.bind(server)
    server.handle = (request) => {
      if (request.method === "PUT") {
        const response = handle(request)
        for (const index of server.indices.values()) {
          if (!this.made.has(uuidOf(index))) this.made.set(uuidOf(index), now())
        }
        return response
      }
      if (!isBulk(request) || !isState(request)) return handle(request)
      const before = new Map([...server.indices.values()].map((index) => [index, stateIn(index)]))
      const response = handle(request)
      for (const [name, index] of server.indices) {
        const [was, is] = [before.get(index), stateIn(index)]
        if (is === undefined) continue
        this.follow(uuidOf(index), is, now())
        for (const hash of is.accepts) if (was?.accepts.includes(hash) !== true) this.accept(index, hash, now())
        if (was !== undefined && was.current !== is.current) this.superseded.set(was.current, now())
        if (was !== undefined) this.problems.push(...breaches(was, is, this.begun.get(uuidOf(index)), name))
      }
      return response
    }
  }

  /** When an index was made; 0 for one that was restored. */
  madeAt(index: Index): number {
    return this.made.get(uuidOf(index)) ?? 0
  }

  /** Since when a definition may write an index. */
  acceptedSince(index: Index, hash: string): number {
    return this.acceptedAt.get(`${uuidOf(index)} ${hash}`) ?? 0
  }

  /** When another definition last took the place of this one in an index. */
  supersededAt(hash: string): number {
    return this.superseded.get(hash) ?? 0
  }

  /** Tells whether an index was marked as incomplete at some moment of a time. */
  wasIncomplete(index: Index, beganAt: number, endedAt: number): boolean {
    const times = this.incomplete.get(uuidOf(index)) ?? []
    return times.some(({ from, until }) => from <= endedAt && until >= beganAt)
  }

  private follow(uuid: string, { incomplete }: State, now: number): void {
    const times = this.incomplete.get(uuid) ?? []
    this.incomplete.set(uuid, times)
    const last = times.at(-1)
    const isOpen = last?.until === Number.POSITIVE_INFINITY
    if (incomplete !== undefined && !isOpen) times.push({ from: now, until: Number.POSITIVE_INFINITY })
    if (incomplete === undefined && isOpen) last.until = now
  }

  private accept(index: Index, hash: string, at: number): void {
    this.acceptedAt.set(`${uuidOf(index)} ${hash}`, at)
  }
}

export const uuidOf = ({ settings }: Index): string => String(settings.get("index.uuid"))

const breaches = (was: State, is: State, begun: number | undefined, index: string): ReadonlyArray<string> => {
  const lists = [
    ["accepts", was.accepts, is.accepts],
    ["dropped", was.dropped, is.dropped],
    ["writers", Object.keys(was.writers), Object.keys(is.writers)]
  ] as const
  const forgotten: Array<string> = lists.flatMap(([name, before, after]) =>
    before.every((one) => after.includes(one)) ? [] : [name]
  )
  for (const name of ["source", "keys", "promotedAt", "verifiedAt"] as const) {
    if ((was[name] ?? null) !== null && (is[name] ?? null) === null) forgotten.push(name)
  }
  if (was.filled && !is.filled) forgotten.push("filled")
  if (is.marks < was.marks) forgotten.push("marks")
  for (const name of ["incomplete", "verificationDue"] as const) {
    const [before, after] = [was[name], is[name]]
    if (before === undefined || (after !== undefined && after.number >= before.number)) continue
    const isCleared = after === undefined && is.verifiedAt !== was.verifiedAt && before.number <= (begun ?? -1)
    if (!isCleared) forgotten.push(`the mark "${name}" (${before.reason})`)
  }
  return forgotten.map((name) => `the state of ${index} forgot ${name}`)
}
